"""`pipeline.lm.rnn.transformer`: a causal layer with normalisation first and rotary positions (Su et al. 2021).

    y = x + W_a attention(R W_q LN(x), R W_k LN(x), W_v LN(x))
    h = y + W_2 gelu(W_1 LN(y) + b_1) + b_2

R turns the channels i and i + width / 2 of a head at time t by t / BASE^(2 i / width). Where the widths of x and y
differ, x is first brought to that of y by a matrix.
"""

import math

import numpy as np

from pipeline.light.activations import gelu, layer_norm
from pipeline.light.cells.attention import attend
from pipeline.light.packed import Packed
from pipeline.light.weights import Floats, Integers, Read

BASE = 10_000.0


class Transformer:
    """One layer."""

    def __init__(self, read: Read, width: int, hidden: int, heads: int, expansion: int) -> None:
        inner, outer = heads * 2 * math.ceil(hidden / (2 * heads)), expansion * hidden
        self._heads = heads
        self._entrance = None if width == hidden else read("entrance.weight", hidden, width).swapaxes(1, 2)
        norms = ("attention.norm", "feedforward.0")
        self._norms = [(read(f"{name}.weight", hidden), read(f"{name}.bias", hidden)) for name in norms]
        self._query_key_value = read("attention.query_key_value.weight", 3 * inner, hidden).swapaxes(1, 2)
        self._output = read("attention.output.weight", hidden, inner).swapaxes(1, 2)
        self._widen = read("feedforward.1.weight", outer, hidden).swapaxes(1, 2), read("feedforward.1.bias", outer)
        self._narrow = read("feedforward.3.weight", hidden, outer).swapaxes(1, 2), read("feedforward.3.bias", hidden)

    def __call__(self, inputs: Floats, places: Packed) -> Floats:
        """Map inputs (2, tokens, width) to outputs (2, tokens, hidden)."""
        stream = inputs if self._entrance is None else inputs @ self._entrance  # (2, tokens, hidden)
        first, second = self._norms
        query, key, value = np.split(layer_norm(stream, *first) @ self._query_key_value, 3, -1)
        query, key = (rotate(x, self._heads, places.time) for x in (query, key))  # (2, tokens, inner) each
        stream = stream + attend(query, key, value, self._heads, places) @ self._output
        (widen, wide_bias), (narrow, bias) = self._widen, self._narrow
        inner = gelu(layer_norm(stream, *second) @ widen + wide_bias[:, None])  # (2, tokens, expansion * hidden)
        return stream + inner @ narrow + bias[:, None]


def rotate(x: Floats, heads: int, time: Integers) -> Floats:
    """Turn the channels of x (2, tokens, width) by their tokens' times, (tokens,)."""
    half = x.shape[2] // heads // 2
    speeds = np.float32(BASE) ** (np.arange(half, dtype=np.float32) * np.float32(-1 / half))
    angles = (time[:, None].astype(np.float32) * speeds)[:, None]  # (tokens, 1, half)
    left, right = np.split(x.reshape(2, -1, heads, 2 * half), 2, -1)  # (2, tokens, heads, half) each
    cosine, sine = np.cos(angles), np.sin(angles)
    return np.concatenate([left * cosine - right * sine, left * sine + right * cosine], -1).reshape(x.shape)
