"""`pipeline.lm.encoders.ngrams`: hashed n-grams of letters (Bojanowski et al. 2017).

A token's vector is a linear map of the sum of its n-grams' rows, divided by the square root of their number.
"""

import math

import numpy as np

from pipeline.light.encoders.chars import PAD, CharIds, by_length
from pipeline.light.linear import Linear
from pipeline.light.weights import Floats, Integers, Weights

PRIME, BASE = 2**31 - 1, 1_000_003
"""Of the hash, a polynomial in BASE modulo PRIME."""
GROUP = 256
"""The most tokens whose rows are gathered at once."""


class CharNgrams:
    """Character ids of tokens to their vectors."""

    def __init__(self, weights: Weights, prefix: str, lengths: list[int], buckets: int, row: int, width: int) -> None:
        """`lengths` are those of n-grams; a row has `row` numbers, a vector `width`."""
        self.width = width
        self._lengths, self._buckets = lengths, buckets
        self._table = weights.table(f"{prefix}table.weight", buckets, row)
        self._projection = Linear(weights, f"{prefix}projection", row, width)

    def __call__(self, chars: CharIds) -> Floats:
        """Character ids (tokens, characters) to float32 (tokens, width)."""
        letters, lengths = read_letters(chars)
        first = np.cumsum(lengths) - lengths  # (tokens,)
        groups = [
            (tokens, self._find_rows(letters[first[tokens, None] + np.arange(length)]))  # (tokens, n-grams of each)
            for length, tokens in by_length(lengths, GROUP)
        ]
        distinct = np.unique(np.concatenate([rows.ravel() for _, rows in groups])) if groups else lengths
        table = self._table.look_up(distinct)  # (distinct, row)
        means = np.zeros((len(chars), self._table.width), np.float32)
        for tokens, rows in groups:
            if number := rows.shape[1]:
                means[tokens] = table.take(np.searchsorted(distinct, rows), 0).sum(1) / math.sqrt(number)
        return self._projection(means)

    def _find_rows(self, letters: Integers) -> Integers:
        """Return the rows of all n-grams of tokens with so many letters, (tokens, letters) to (tokens, n-grams)."""
        length = letters.shape[1]
        hashes, rows = np.zeros_like(letters), [letters[:, :0]]
        for n in range(1, min(max(self._lengths), length) + 1):
            # The hash of n letters follows from that of the first n - 1.
            hashes = (hashes[:, : length - n + 1] * BASE + letters[:, n - 1 :]) % PRIME  # (tokens, length - n + 1)
            if n in self._lengths:
                rows.append(hashes % self._buckets)
        return np.concatenate(rows, 1)


def read_letters(chars: CharIds) -> tuple[Integers, Integers]:
    """Return the letters of tokens as numbers, token after token, (letters,), and how many each has, (tokens,).

    A letter of UTF-8 is a first byte and those that continue it, 0x80 to 0xBF; the marks count as letters. An id is one
    more than its byte.
    """
    used = chars != PAD  # (tokens, characters)
    starts = used & ((chars <= 0x80) | (chars > 0xC0))
    ids, (begins,) = chars[used].astype(np.int64), starts[used].nonzero()  # (bytes,), (letters,)
    sizes = np.diff(begins, append=len(ids))
    byte = np.arange(len(ids)) - np.repeat(begins, sizes)  # its number within its letter
    letters = np.add.reduceat(ids << 9 * np.minimum(byte, 3), begins) if len(ids) else ids
    return letters, starts.sum(1)
