"""Vectors of types for those who read text without end: each computed once, and no more kept than a limit."""

import threading

import numpy as np
import torch
from torch import Tensor

from pipeline.files.vocabulary import SPECIALS
from pipeline.lm.encoders.chars import char_ids, vocabulary_char_ids
from pipeline.lm.encoders.encoder import TYPES_A_BATCH, CharEncoder
from pipeline.lm.training.batches import align

LIMIT = 100_000
"""Types kept: 200 MB of vectors of the paper's width, and most of what a text of some million words has."""


class TypeVectors:
    """Rows of a table that grows with the types that are met; may be asked by several threads.

    A word's vector may differ from `CharEncoder.vectors` in the last digits of float32: it is computed in the fastest
    way, and no further than the word is long. At the limit the table is begun anew.
    """

    def __init__(self, charcnn: CharEncoder, limit: int = LIMIT) -> None:
        self._encode, self._limit = charcnn.reader(), limit
        self._reading = charcnn.shape.reading
        self._lock = threading.Lock()
        self._specials = self._compute_specials()
        self._forget()

    def read(self, sentences: list[list[str]]) -> tuple[Tensor, Tensor]:
        """What both directions read, as ids, int64 (2, longest + 1, sentences), and the table of the ids' vectors.

        See `batches.align`; float32 (types, width). What the table holds by then does not change afterwards.
        """
        with self._lock:
            ids = self._ids
            new = list(dict.fromkeys(x for sentence in sentences for x in sentence if x not in ids))
            if new and len(ids) + len(new) > self._limit:
                self._forget()
                ids, new = self._ids, list({x: None for sentence in sentences for x in sentence})
            if new:
                self._learn(new)
            rows = [np.array([ids[x] for x in sentence], dtype=np.int32) for sentence in sentences]
            read, _ = align(rows)
            return read, self._table

    @torch.inference_mode()
    def _compute_specials(self) -> Tensor:
        chars = torch.from_numpy(vocabulary_char_ids(SPECIALS, self._reading))
        return self._encode(chars)

    def _forget(self) -> None:
        self._ids: dict[str, int] = {}
        self._table, self._used = self._specials, len(SPECIALS)

    @torch.inference_mode()
    def _learn(self, types: list[str]) -> None:
        chars = torch.from_numpy(char_ids(types, self._reading))
        vectors = torch.cat([self._encode(batch) for batch in chars.split(TYPES_A_BATCH)])
        stop = self._used + len(types)
        if stop > len(self._table):  # others may still read the old table: it is left as it is
            table = vectors.new_empty(max(stop, 2 * len(self._table)), vectors.shape[1])
            table[: self._used] = self._table[: self._used]
            self._table = table
        self._table[self._used : stop] = vectors
        self._ids.update(zip(types, range(self._used, stop), strict=True))
        self._used = stop
