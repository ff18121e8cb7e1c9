"""`pipeline.lm.rnn.sru`: a simple recurrent unit (Lei et al. 2018, equations 3 to 7), as the `sru` package computes it.

    f_t = sigmoid(F_t + v_f * c_{t-1})
    c_t = f_t * c_{t-1} + (1 - f_t) * U_t
    r_t = sigmoid(R_t + v_r * c_{t-1})
    h_t = x'_t + (c_t - x'_t) * r_t

F, U, R and x' are products of the input; where the widths are equal, x' is the input itself.
"""

import numpy as np

from pipeline.light.activations import sigmoid
from pipeline.light.packed import Packed
from pipeline.light.weights import Floats, Read


class Sru:
    """One layer, from a zero state."""

    def __init__(self, read: Read, width: int, hidden: int) -> None:
        if (read("cell.scale_x", 1) != 1).any():
            raise ValueError("an SRU that was trained rescaled, by an earlier version")
        number = 3 if width == hidden else 4
        weight = read("cell.weight", width, number * hidden).reshape(2, width, hidden, number)
        self._weights = np.ascontiguousarray(np.moveaxis(weight, -1, 0))  # (products, 2, width, hidden)
        self._recurrence = Recurrence(read, hidden)

    def __call__(self, inputs: Floats, places: Packed) -> Floats:
        """Map inputs (2, tokens, width) to states (2, tokens, hidden)."""
        candidate, forget, reset, *highway = (inputs @ weight for weight in self._weights)  # (2, tokens, hidden) each
        return self._recurrence(candidate, forget, reset, highway[0] if highway else inputs, places)


class Recurrence:
    """What follows the products; they may come from a matrix or, in an SRU++, from attention."""

    def __init__(self, read: Read, hidden: int) -> None:
        biases, coefficients = (read(f"cell.{name}", 2 * hidden) for name in ("bias", "weight_c"))
        self._forget_bias, self._reset_bias = np.split(biases[:, None], 2, -1)  # (2, 1, hidden) each
        self._forget, self._reset = np.split(coefficients[:, None], 2, -1)  # v_f and v_r

    def __call__(self, candidate: Floats, forget: Floats, reset: Floats, highway: Floats, places: Packed) -> Floats:
        """Map U, F and R without their biases and x', (2, tokens, hidden) each, to h of that shape."""
        forget += self._forget_bias
        np.negative(forget, out=forget)
        states = np.empty_like(candidate)
        before = np.zeros_like(candidate[:, : len(places.lengths)])  # c_{t-1}
        for start, stop in places.steps:
            before, gate, u = before[:, : stop - start], forget[:, start:stop], candidate[:, start:stop]
            gate -= self._forget * before
            np.exp(gate, out=gate)
            gate += 1  # 1 / f
            state = np.subtract(before, u, out=states[:, start:stop])
            state /= gate
            state += u
            before = state
        reset += self._reset_bias
        reset += self._reset * places.delay(states)
        states -= highway
        states *= sigmoid(reset)
        states += highway
        return states
