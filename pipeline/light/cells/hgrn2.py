"""`pipeline.lm.rnn.hgrn2`: HGRN2 (Qin et al. 2024, section 3), whose state is a matrix for each head.

    f_t = b + (1 - b) * sigmoid(W_f x_t)    q_t = silu(W_q x_t)    v_t = silu(W_v x_t)
    S_t = diag(f_t) S_{t-1} + (1 - f_t) v_t^T    o_t = S_t^T q_t
    y_t = W_o RMSNorm(o_t)

Within a stretch of CHUNK tokens o is computed as attention is: token t sees s with the weight
sum_k q_tk (1 - f_sk) exp(F_tk - F_sk), where F is the sum of log f from the middle of the stretch on.
"""

import math

import numpy as np

from pipeline.light.activations import rms_norm, sigmoid, silu
from pipeline.light.packed import Packed
from pipeline.light.weights import Floats, Read

CHUNK = 16
LEAST = 5e-5
"""The least f: exp(F) stays finite in float32."""


class Hgrn2:
    """One layer, from a zero state."""

    def __init__(self, read: Read, width: int, hidden: int, heads: int) -> None:
        inner = heads * math.ceil(hidden / heads)
        self._heads = heads
        self._enter = read("enter.weight", 3 * inner, width).swapaxes(1, 2)
        self._bound = sigmoid(read("bound", inner))[:, None]  # (2, 1, inner)
        self._norm = read("norm.weight", inner)
        self._leave = read("leave.weight", hidden, inner).swapaxes(1, 2)

    def __call__(self, inputs: Floats, places: Packed) -> Floats:
        """Map inputs (2, tokens, width) to outputs (2, tokens, hidden)."""
        forget, query, value = np.split(inputs @ self._enter, 3, -1)  # (2, tokens, inner) each
        f = self._bound + (1 - self._bound) * sigmoid(forget)
        length = CHUNK * math.ceil(places.lengths[0] / CHUNK)
        gates = (np.log(np.maximum(f, np.float32(LEAST))), 1 - f, silu(query), silu(value))
        f, k, q, v = (self._split(places.pad(x, length)) for x in gates)
        seen = look_back(f, k, q, v, places)  # (2, sentences, heads, stretches, CHUNK, width of a head)
        seen = np.moveaxis(seen, 2, 4).reshape(2, len(places.lengths), length, -1)
        return rms_norm(places.unpad(seen), self._norm) @ self._leave

    def _split(self, x: Floats) -> Floats:
        """(2, sentences, length, inner) to (2, sentences, heads, stretches, CHUNK, width of a head)."""
        return np.moveaxis(x.reshape(*x.shape[:2], -1, CHUNK, self._heads, x.shape[3] // self._heads), 4, 2)


def look_back(forget: Floats, key: Floats, query: Floats, value: Floats, places: Packed) -> Floats:
    """log f, 1 - f, q and v, (2, sentences, heads, stretches, CHUNK, width) each, to o of that shape."""
    left = forget.cumsum(-2)  # log of what is left of the state before the stretch
    centred = left - left[..., CHUNK // 2 - 1 : CHUNK // 2, :]  # F
    weights = (query * np.exp(centred)) @ (key * np.exp(-centred)).swapaxes(-1, -2)
    seen = np.tril(weights) @ value  # above the diagonal, weights may be infinite
    from_state, last = query * np.exp(left), left[..., -1:, :]
    added = (key * np.exp(last - left)).swapaxes(-1, -2) @ value  # (2, sentences, heads, stretches, width, width)
    state = np.zeros_like(added[:, :, :, 0])
    for stretch in range(key.shape[3]):
        alive = int((places.lengths > stretch * CHUNK).sum())
        now = np.s_[:, :alive, :, stretch]
        state = state[:, :alive]
        seen[now] += from_state[now] @ state
        state = np.exp(last[now]).swapaxes(-1, -2) * state + added[now]
    return seen
