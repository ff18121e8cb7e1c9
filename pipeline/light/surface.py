"""The surface of a token as it was given, `pipeline.ner.tagging.surface`: a small char-CNN of the tagger's own."""

from collections.abc import Sequence

import numpy as np

from pipeline.light.encoders.chars import by_length
from pipeline.light.types import Types
from pipeline.light.weights import Floats, Integers, Weights

LONGEST, TAIL = 24, 10
"""Characters of a token, both marks included, and how many of them are its end if it has to be shortened."""
BEGIN, END = "\x02", "\x03"
"""Marks around a token."""
EMBEDDING, WINDOW = 32, 3
"""The width of a character's vector, and how many characters a filter spans."""
GROUP = 256
"""The most tokens that are convolved at once."""


class Surface:
    """Tokens to their vectors. Threads may share it."""

    def __init__(self, weights: Weights, characters: str, width: int) -> None:
        """`characters` are those that it tells apart, in order of their code points."""
        number = len(characters) + 2  # 0 is what is outside of a token; the last one, any other character
        embedding = weights.array("surface.embedding.weight", number, EMBEDDING)
        embedding[0] = 0
        kernel = weights.array("surface.convolution.weight", width, EMBEDDING, WINDOW)
        self._tables = embedding @ kernel.transpose(2, 1, 0)  # (WINDOW, characters, width)
        self._bias = weights.array("surface.convolution.bias", width)
        self._codes = np.array([0, *map(ord, characters)])
        self._types = Types(self._encode, np.empty((0, width), np.float32))

    def __call__(self, tokens: Sequence[str]) -> Floats:
        """Map tokens to float32 (tokens, width)."""
        rows, table = self._types.look_up(tokens)
        return table[rows]

    def _encode(self, types: list[str]) -> Floats:
        rows, lengths = self._read(types)
        vectors = np.empty((len(types), len(self._bias)), np.float32)
        for length, group in by_length(lengths, GROUP):
            characters = rows[group, : length + WINDOW - 1]  # (group, length + 2)
            sums = self._tables[0].take(characters[:, :length], 0)  # (group, length, width)
            for offset in range(1, WINDOW):
                sums += self._tables[offset].take(characters[:, offset : offset + length], 0)
            if (nul := characters[:, 1:-1] == 0).any():  # NUL within a token is no character of it
                sums[nul] = -np.inf
            vectors[group] = np.maximum(sums.max(1) + self._bias, 0)
        return vectors

    def _read(self, types: list[str]) -> tuple[Integers, Integers]:
        """Return the characters of tokens as rows of the tables, and their numbers without what is outside of a token.

        int64 (tokens, LONGEST + 2), with 0 before a token and after it, and (tokens,).
        """
        body = LONGEST - 2
        shortened = [x if len(x) <= body else x[: body - TAIL] + x[-TAIL:] for x in types]
        padded = "".join(f"\0{BEGIN}{x}{END}".ljust(LONGEST + 2, "\0") for x in shortened)
        codes = np.frombuffer(padded.encode("utf-32-le", "surrogatepass"), np.int32).reshape(-1, LONGEST + 2)
        rows = np.searchsorted(self._codes, codes).clip(max=len(self._codes) - 1)
        rows = np.where(self._codes[rows] == codes, rows, len(self._codes))
        return rows, np.fromiter(map(len, shortened), np.int64, len(types)) + 2
