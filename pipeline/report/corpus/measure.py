"""The corpus in numbers: how long its parts are, how its vocabulary grows, how much its most frequent types cover."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.errors import UserError, remake
from pipeline.files.ids import ID, IdSequences
from pipeline.files.shards import read_documents
from pipeline.files.vocabulary import SPECIALS, read_facts
from pipeline.work.progress import track

POINTS = 100
"""Of the curve of growth."""
BLOCK = 2000
"""Fragments counted at once."""

Integers = npt.NDArray[np.int64]


class Lengths(NamedTuple):
    """How many have which length in words: each (distinct lengths,), the lengths rising."""

    words: Integers
    numbers: Integers

    @property
    def number(self) -> int:
        """How many there are."""
        return int(self.numbers.sum())

    @property
    def mean(self) -> float:
        """Words of one of them, on average."""
        return float((self.words * self.numbers).sum() / self.numbers.sum())

    def quantile(self, share: float) -> int:
        """The least length that at least this share of them does not exceed."""
        return int(self.words[np.searchsorted(np.cumsum(self.numbers), share * self.number)])


class CorpusLengths(NamedTuple):
    """Lengths of each unit; a document is as long as its sentences together."""

    documents: Lengths
    sentences: Lengths
    fragments: Lengths


def count_lengths(sentences: Path, fragments: Path) -> CorpusLengths:
    """Read the shards of both stages once; memory is that of the distinct lengths, however many documents there are."""
    counters = [Counter[int]() for _ in CorpusLengths._fields]
    for folder, counter in ((sentences, counters[1]), (fragments, counters[2])):
        for document in track(read_documents(folder), f"lengths of {folder.name}", "documents"):
            words = [line.count(" ") + 1 for line in document.lines]  # single spaces, and no line is empty
            counter.update(words)
            if folder == sentences:
                counters[0].update([sum(words)])
        if not counter:
            raise UserError(f"{folder}: found nothing in its shards; {remake(folder.name)}")
    return CorpusLengths(*(Lengths(*np.array(sorted(x.items()), dtype=np.int64).T) for x in counters))


class Growth(NamedTuple):
    """Types of the training text, in its order, after 0 and more tokens: each (points,)."""

    tokens: Integers
    types: Integers
    repeated: Integers
    """Types seen twice or more."""


class Usage(NamedTuple):
    """How often each type occurs on both sides, in the vocabulary's order: each (types,)."""

    train: Integers
    validation: Integers
    predicted: int
    """How many leading types the softmax predicts by name."""

    def coverage(self, side: str) -> npt.NDArray[np.float64]:
        """Share of a side's tokens that the leading 1, 2, ... types make up: (types,)."""
        counts: Integers = getattr(self, side)
        shares: npt.NDArray[np.float64] = np.cumsum(counts) / counts.sum()
        return shares


def measure_vocabulary(folder: Path) -> tuple[Growth, Usage]:
    """Read the ids of both sides once, `BLOCK` fragments at a time; memory grows with types alone, 16 bytes each.

    A point of the curve is noted every hundredth of the training tokens, or every block.
    """
    facts = read_facts(folder)
    train, validation = (np.zeros(facts["types"], dtype=np.int64) for _ in range(2))
    total = int(IdSequences(folder, "train", facts["types"]).offsets[-1])
    points = [(0, 0, 0)]
    tokens = types = repeated = 0
    for ids, number in _count_ids(folder, "train", facts["types"]):
        before = train[ids]
        train[ids] += number
        tokens += int(number.sum())
        types += int((before == 0).sum())
        repeated += int(((before < 2) & (train[ids] >= 2)).sum())
        if tokens == total or tokens - points[-1][0] >= total / POINTS:
            points.append((tokens, types, repeated))
    for ids, number in _count_ids(folder, "validation", facts["types"]):
        validation[ids] += number
    growth, words = Growth(*np.array(points, dtype=np.int64).T), slice(len(SPECIALS), None)
    return growth, Usage(train[words], validation[words], facts["size"] - len(SPECIALS))


def _count_ids(folder: Path, side: str, types: int) -> Iterator[tuple[Integers, Integers]]:
    """The ids of one block of fragments after the other, each id once, with how often it occurs in the block."""
    offsets = IdSequences(folder, side, types).offsets
    step = max(1, min(BLOCK, (len(offsets) - 1) // POINTS))
    borders = [*range(0, len(offsets) - 1, step), len(offsets) - 1]
    with (folder / f"{side}.ids").open("rb") as file:  # read, not mapped: what was read can be forgotten
        for start, stop in track(pairwise(borders), f"vocabulary of {side}", "blocks", len(borders) - 1):
            ids = np.fromfile(file, ID, int(offsets[stop] - offsets[start]))
            yield np.unique(ids.astype(np.int64), return_counts=True)
