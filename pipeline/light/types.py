"""Vectors of types, each computed once and kept: most tokens are of types that come again and again."""

import threading
from collections.abc import Callable, Sequence

import numpy as np

from pipeline.light.weights import Floats, Integers

LIMIT = 16_384
"""Rows of a table; with 300 numbers each they take 20 MB."""


class Types:
    """Maps types to rows of a table. When it is full, a new one is begun. Threads may share it."""

    def __init__(self, encode: Callable[[list[str]], Floats], first: Floats) -> None:
        """`encode` maps types to float32 (types, width); every table begins with the rows of `first`, (any, width)."""
        self._encode, self._first, self._lock = encode, first, threading.Lock()
        self._rows: dict[str, int]
        self._used: int
        self._begin(LIMIT)

    def look_up(self, types: Sequence[str]) -> tuple[Integers, Floats]:
        """Return the row of each type, int64 (types,), and the table that it is in, float32 (any, width)."""
        with self._lock:
            distinct = dict.fromkeys(types)
            new = [x for x in distinct if x not in self._rows]
            if self._used + len(new) > len(self._table):
                self._begin(max(LIMIT, len(self._first) + len(distinct)))
                new = list(distinct)
            if new:
                stop = self._used + len(new)
                self._table[self._used : stop] = self._encode(new)
                self._rows.update(zip(new, range(self._used, stop), strict=True))
                self._used = stop
            return np.fromiter(map(self._rows.__getitem__, types), np.int64, len(types)), self._table

    def _begin(self, size: int) -> None:
        """Begin another table: other threads may be reading the old one. It takes memory as it is filled."""
        self._table = np.empty((size, self._first.shape[1]), np.float32)
        self._rows, self._used = {}, len(self._first)
        self._table[: self._used] = self._first
