"""`pipeline.lm.rnn.rglru`: Griffin's recurrent block with its RG-LRU (De et al. 2024, sections 2.3 and 2.4).

u = conv(W_u x)    r_t = sigmoid(W_r u_t + b_r)    i_t = sigmoid(W_i u_t + b_i)
log a_t = -8 softplus(Lambda) r_t
h_t = a_t * h_{t-1} + sqrt(1 - a_t^2) * (i_t * u_t)
y_t = W_o (gelu(W_g x_t) * h_t)
"""

import numpy as np

from pipeline.light.activations import gelu, sigmoid
from pipeline.light.cells.scan import scan
from pipeline.light.packed import Packed
from pipeline.light.weights import Floats, Read

TAPS = 4
"""Tokens that the convolution sees, the last of them now."""
SHARPNESS = 8
FLOOR = 1e-6
"""The least -log a."""


class RgLru:
    """One layer, from a zero state."""

    def __init__(self, read: Read, width: int, hidden: int) -> None:
        self._enter, self._gate = (read(f"{name}.weight", hidden, width).swapaxes(1, 2) for name in ("enter", "gate"))
        self._taps = read("taps", TAPS, hidden)  # (2, TAPS, hidden)
        self._shift = read("shift", hidden)[:, None]  # (2, 1, hidden)
        self._reset_input = read("reset_input.weight", 2 * hidden, hidden).swapaxes(1, 2)
        self._bias = read("reset_input.bias", 2 * hidden)[:, None]
        self._rate = -SHARPNESS * np.logaddexp(0, read("decay", hidden))[:, None]  # -8 softplus(Lambda)
        self._leave = read("leave.weight", hidden, hidden).swapaxes(1, 2)

    def __call__(self, inputs: Floats, places: Packed) -> Floats:
        """Map inputs (2, tokens, width) to outputs (2, tokens, hidden)."""
        u = self._convolve(inputs @ self._enter, places)  # (2, tokens, hidden)
        r, i = np.split(sigmoid(u @ self._reset_input + self._bias), 2, -1)  # (2, tokens, hidden) each
        log_share: Floats = np.minimum(self._rate * r, np.float32(-FLOOR))  # log a
        lost = -np.expm1(log_share)  # 1 - a
        states = scan(np.exp(log_share), np.sqrt((2 - lost) * lost) * i * u, places)
        states *= gelu(inputs @ self._gate)
        return states @ self._leave

    def _convolve(self, entered: Floats, places: Packed) -> Floats:
        """Convolve (2, tokens, hidden) over time, each channel for itself, to the same shape."""
        u = self._shift + self._taps[:, -1:] * entered
        for tap in range(TAPS - 2, -1, -1):
            entered = places.delay(entered)
            u += self._taps[:, tap : tap + 1] * entered
        return u
