"""`pipeline.lm.rnn.lstm`: torch's LSTM (Hochreiter and Schmidhuber 1997).

    i, f, o = sigmoid(W x_t + U h_{t-1})    g = tanh(W x_t + U h_{t-1})
    c_t = f * c_{t-1} + i * g    h_t = o * tanh(c_t)

Each gate has a W, a U and two biases of its own. tanh(x) is 2 sigmoid(2 x) - 1; with the factors in the weights, one
exponential makes all four gates, in half the time of numpy's tanh.
"""

import numpy as np

from pipeline.light.activations import tanh
from pipeline.light.packed import Packed
from pipeline.light.weights import Floats, Read


class Lstm:
    """One layer, from zero states."""

    def __init__(self, read: Read, width: int, hidden: int, name: str = "rnn.") -> None:
        """`name` is that of torch's module in the layer."""
        across = read(f"{name}weight_ih_l0", 4 * hidden, width)
        through = read(f"{name}weight_hh_l0", 4 * hidden, hidden)
        bias = read(f"{name}bias_ih_l0", 4 * hidden) + read(f"{name}bias_hh_l0", 4 * hidden)
        self.hidden = hidden
        self._across, self._through = _prepare(across), _prepare(through)  # (2, width or hidden, 4 * hidden)
        self._bias = _prepare(bias[:, :, None])  # (2, 1, 4 * hidden)

    def __call__(self, inputs: Floats, places: Packed) -> Floats:
        """Map inputs (2, tokens, width) to states (2, tokens, hidden)."""
        size, hidden = len(places.lengths), self.hidden
        products = inputs @ self._across  # (2, tokens, 4 * hidden)
        products += self._bias
        states = np.empty((2, products.shape[1], hidden), np.float32)
        room = np.empty((2, size, 4 * hidden), np.float32)
        cells = np.zeros((2, size, hidden), np.float32)
        before = np.zeros((2, size, hidden), np.float32)  # h_{t-1}
        for start, stop in places.steps:
            alive = stop - start
            gates, c = room[:, :alive], cells[:, :alive]
            np.matmul(before[:, :alive], self._through, out=gates)
            gates += products[:, start:stop]
            np.exp(gates, out=gates)
            gates += 1
            np.reciprocal(gates, out=gates)
            i, f, g, o = (gates[..., k * hidden : (k + 1) * hidden] for k in range(4))  # (2, alive, hidden) each
            g *= 2
            g -= 1
            c *= f
            i *= g
            c += i
            before = states[:, start:stop]
            before[:] = c
            tanh(before)
            before *= o
        return states


def _prepare(weight: Floats) -> Floats:
    """Turn torch's weight (2, 4 * hidden, any) into one (2, any, 4 * hidden) of -i, -f, -2 g, -o."""
    gates = -weight.reshape(2, 4, weight.shape[1] // 4, -1)
    gates[:, 2] *= 2
    return np.ascontiguousarray(gates.reshape(weight.shape).swapaxes(1, 2))
