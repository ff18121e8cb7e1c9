"""`pipeline.lm.rnn.srupp`: SRU++ (Lei 2021, section 3), an SRU whose products are made by attention.

Q = W_q x    K = W_k Q    V = W_v Q
U, F, R, x' = W_o LN(Q + alpha * attention(Q, K, V))
"""

import math

import numpy as np

from pipeline.light.activations import layer_norm
from pipeline.light.cells.attention import attend
from pipeline.light.cells.sru import Recurrence
from pipeline.light.packed import Packed
from pipeline.light.weights import Floats, Read


class SruPp:
    """One layer, from a zero state."""

    def __init__(self, read: Read, width: int, hidden: int, heads: int, ratio: int) -> None:
        inner, number = heads * math.ceil(hidden / (ratio * heads)), 3 if width == hidden else 4
        read("cell.scale_x", 1)  # of no use here
        self._heads = heads
        self._query = read("cell.custom_m.query.weight", inner, width).swapaxes(1, 2)
        self._key_value = read("cell.custom_m.key_value.weight", 2 * inner, inner).swapaxes(1, 2)
        self._alpha = read("cell.custom_m.alpha", 1)[:, None]  # (2, 1, 1)
        self._norm = tuple(read(f"cell.custom_m.norm.{name}", inner) for name in ("weight", "bias"))
        output = read("cell.custom_m.output.weight", number * hidden, inner).reshape(2, hidden, number, inner)
        self._outputs = output.transpose(2, 0, 3, 1)  # (products, 2, inner, hidden)
        self._recurrence = Recurrence(read, hidden)

    def __call__(self, inputs: Floats, places: Packed) -> Floats:
        """Map inputs (2, tokens, width) to states (2, tokens, hidden)."""
        query: Floats = inputs @ self._query  # (2, tokens, inner)
        key, value = np.split(query @ self._key_value, 2, -1)
        query += self._alpha * attend(query, key, value, self._heads, places)
        normed = layer_norm(query, *self._norm)
        candidate, forget, reset, *highway = (normed @ output for output in self._outputs)  # (2, tokens, hidden) each
        return self._recurrence(candidate, forget, reset, highway[0] if highway else inputs, places)
