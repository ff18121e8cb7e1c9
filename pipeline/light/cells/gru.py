"""`pipeline.lm.rnn.gru`: torch's GRU (Cho et al. 2014).

    r_t, z_t = sigmoid(W x_t + U h_{t-1})
    n_t = tanh(W_n x_t + r_t * U_n h_{t-1})
    h_t = n_t + z_t * (h_{t-1} - n_t)

Each gate has a W, a U and two biases of its own.
"""

import numpy as np

from pipeline.light.activations import sigmoid, tanh
from pipeline.light.packed import Packed
from pipeline.light.weights import Floats, Read


class Gru:
    """One layer, from a zero state."""

    def __init__(self, read: Read, width: int, hidden: int) -> None:
        self.hidden = hidden
        self._across = read("rnn.weight_ih_l0", 3 * hidden, width).swapaxes(1, 2)  # (2, width, 3 * hidden): r, z, n
        self._through = np.ascontiguousarray(read("rnn.weight_hh_l0", 3 * hidden, hidden).swapaxes(1, 2))
        self._bias = read("rnn.bias_ih_l0", 3 * hidden)[:, None]  # (2, 1, 3 * hidden)
        self._through_bias = read("rnn.bias_hh_l0", 3 * hidden)[:, None]

    def __call__(self, inputs: Floats, places: Packed) -> Floats:
        """Map inputs (2, tokens, width) to states (2, tokens, hidden)."""
        size, hidden = len(places.lengths), self.hidden
        products = inputs @ self._across  # (2, tokens, 3 * hidden)
        products += self._bias
        states = np.empty((2, products.shape[1], hidden), np.float32)
        room = np.empty((2, size, 3 * hidden), np.float32)
        before = np.zeros((2, size, hidden), np.float32)  # h_{t-1}
        for start, stop in places.steps:
            alive = stop - start
            before, gates, product = before[:, :alive], room[:, :alive], products[:, start:stop]
            np.matmul(before, self._through, out=gates)
            gates += self._through_bias
            opened, n = gates[..., : 2 * hidden], gates[..., 2 * hidden :]
            opened += product[..., : 2 * hidden]
            r, z = np.split(sigmoid(opened), 2, -1)  # (2, alive, hidden) each
            n *= r
            n += product[..., 2 * hidden :]
            tanh(n)
            state = np.subtract(before, n, out=states[:, start:stop])
            state *= z
            state += n
            before = state
        return states
