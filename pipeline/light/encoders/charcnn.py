"""`pipeline.lm.encoders.charcnn`: the char-CNN of ELMo (Peters et al. 2018; Kim et al. 2016).

Convolutions of several widths, the maximum over all positions, the activation, highway layers, a linear projection. A
convolution is a sum of rows of tables, the products of each character with the filters at each offset. All positions
that see nothing but padding give the same: one of them is computed.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from pipeline.light.activations import sigmoid
from pipeline.light.encoders.chars import CHARACTERS, PAD, CharIds, by_length
from pipeline.light.linear import Linear
from pipeline.light.weights import Floats, Weights

ACTIVATIONS: dict[str, Callable[[Floats], Floats]] = {"relu": lambda x: np.maximum(x, 0), "tanh": np.tanh}
GROUP = 64
"""The most tokens that are convolved at once: their sums stay in the processor's cache."""


class CnnSizes(NamedTuple):
    """The shape of a char-CNN."""

    embedding: int
    filters: list[tuple[int, int]]
    """Width and number of each kind."""
    highway: int
    activation: str
    projection: int
    projects: bool
    """False where the highways already give that width and nothing follows them."""


class CharCnn:
    """Character ids of tokens to their vectors."""

    def __init__(self, weights: Weights, prefix: str, sizes: CnnSizes) -> None:
        number = sum(filters for _, filters in sizes.filters)
        self.width, self._number = sizes.projection, number
        embedding = weights.array(f"{prefix}embedding.weight", CHARACTERS, sizes.embedding)
        self._tables: list[tuple[Floats, Floats]] = []
        for index, (width, filters) in enumerate(sizes.filters):
            name = f"{prefix}convolutions.{index}"
            kernel = weights.array(f"{name}.weight", filters, sizes.embedding, width)
            # (width, characters, filters), (filters,)
            self._tables.append((embedding @ kernel.transpose(2, 1, 0), weights.array(f"{name}.bias", filters)))
        self._activate = ACTIVATIONS[sizes.activation]
        self._highways = [
            [Linear(weights, f"{prefix}highways.{layer}.{name}", number, number) for name in ("transform", "gate")]
            for layer in range(sizes.highway)
        ]
        self._projection = Linear(weights, f"{prefix}projection", number, self.width) if sizes.projects else None

    def __call__(self, chars: CharIds) -> Floats:
        """Character ids (tokens, characters) to float32 (tokens, width)."""
        maxima = np.empty((len(chars), self._number), np.float32)
        for length, tokens in by_length((chars != PAD).sum(1), GROUP):
            maxima[tokens] = self._convolve(chars[tokens], length)
        vectors = self._activate(maxima)
        for transform, gate in self._highways:
            share = sigmoid(gate(vectors))
            vectors += share * (np.maximum(transform(vectors), 0) - vectors)
        return vectors if self._projection is None else self._projection(vectors)

    def _convolve(self, chars: CharIds, length: int) -> Floats:
        """Return the maximum of every filter, (tokens, filters), for tokens of so many characters without padding."""
        maxima = []
        for tables, bias in self._tables:
            positions = min(length, chars.shape[1] - len(tables)) + 1
            sums = tables[0].take(chars[:, :positions], 0)  # (tokens, positions, filters)
            for offset, table in enumerate(tables[1:], 1):
                sums += table.take(chars[:, offset : offset + positions], 0)
            maxima.append(sums.max(1) + bias)
        return np.concatenate(maxima, 1)
