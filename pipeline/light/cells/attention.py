"""Causal attention (Vaswani et al. 2017): a token attends to itself and to those before it in its sentence.

softmax(Q K^T / sqrt(width of a head)) V
"""

import math

import numpy as np

from pipeline.light.activations import softmax
from pipeline.light.packed import Packed
from pipeline.light.weights import Floats

SCORES = 1 << 20
"""The most scores that are held at a time, if that is more than one sentence's."""


def attend(query: Floats, key: Floats, value: Floats, heads: int, places: Packed) -> Floats:
    """Mix values, (2, tokens, width) as queries and keys, in heads that lie side by side; to the same shape."""
    longest = int(places.lengths[0])
    query, key, value = (places.pad(x, longest) for x in (query, key, value))  # (2, sentences, longest, width) each
    mixed = np.empty_like(value)
    first = 0
    while first < len(places.lengths):
        length = int(places.lengths[first])
        group = np.s_[:, first : first + max(1, SCORES // (2 * heads * length**2)), :length]
        q, k, v = (_split(x[group], heads) for x in (query, key, value))  # (2, group, heads, length, width of a head)
        scores = q @ k.swapaxes(-1, -2)  # (2, group, heads, length, length)
        scores /= math.sqrt(q.shape[-1])
        scores[..., ~np.tri(length, dtype=np.bool_)] = -np.inf
        mixed[group] = (softmax(scores) @ v).swapaxes(2, 3).reshape(mixed[group].shape)
        first = group[1].stop
    return places.unpad(mixed)


def _split(x: Floats, heads: int) -> Floats:
    """(2, group, length, width) to (2, group, heads, length, width of a head)."""
    return x.reshape(*x.shape[:3], heads, -1).swapaxes(2, 3)
