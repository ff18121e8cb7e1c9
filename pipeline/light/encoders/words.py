"""`pipeline.lm.encoders.words`: published vectors of words, and the mean of all for every other word."""

import numpy as np
import numpy.typing as npt

from pipeline.light.encoders.chars import CharIds
from pipeline.light.weights import Floats, Integers, Weights

FACTOR = 0x9E3779B97F4A7C15
"""An odd number of 64 bits."""


class WordVectors:
    """Character ids of tokens to the vectors of these words."""

    def __init__(self, weights: Weights, prefix: str, words: int, characters: int, width: int) -> None:
        self.width, self.words = width, words
        self._spelled = weights.integers(f"{prefix}spelled", words, characters)
        self._table = weights.table(f"{prefix}table", words + 1, width)  # the last row is that of other words
        self._factors: npt.NDArray[np.uint64] = np.multiply.accumulate(np.full(characters, FACTOR, np.uint64))
        keys = self._sum(self._spelled)
        self._order = keys.argsort(kind="stable")  # the first of words that are cut to the same characters counts
        self._keys = keys[self._order]

    def __call__(self, chars: CharIds) -> Floats:
        """Character ids (tokens, characters) to float32 (tokens, width)."""
        return self.look_up(self.rows(chars))

    def rows(self, chars: CharIds) -> Integers:
        """Return the row of each token, int64 (tokens,): `words` for one that is not known."""
        places = np.searchsorted(self._keys, self._sum(chars)).clip(max=self.words - 1)
        rows = self._order[places]
        return np.where((self._spelled[rows] == chars).all(1), rows, self.words)

    def look_up(self, rows: Integers) -> Floats:
        """Rows, int64 (tokens,), to float32 (tokens, width)."""
        return self._table.look_up(rows)

    def _sum(self, chars: npt.NDArray[np.int16]) -> npt.NDArray[np.uint64]:
        """Return the sum of products modulo 2^64 by which words are found, (tokens,)."""
        sums = np.zeros(len(chars), np.uint64)
        for column, factor in zip(chars.T, self._factors, strict=True):  # all columns at once would take 20 MB
            sums += column.astype(np.uint64) * factor
        return sums
