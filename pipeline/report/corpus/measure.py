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
"""About so many points has the curve of growth, and so many blocks are read."""

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


def count_lengths(sentences: Path, fragments: Path) -> dict[str, Lengths]:
    """Lengths of documents, sentences and fragments; a document is as long as its sentences together.

    The shards of both stages are read once. Memory is for the distinct lengths, however many documents there are.
    """
    counters = {unit: Counter[int]() for unit in ("documents", "sentences", "fragments")}
    for unit, folder in (("sentences", sentences), ("fragments", fragments)):
        for document in track(read_documents(folder), f"lengths of {unit}", "documents"):
            words = [line.count(" ") + 1 for line in document.lines]  # single spaces, and no line is empty
            counters[unit].update(words)
            if unit == "sentences":
                counters["documents"][sum(words)] += 1
        if not counters[unit]:
            raise UserError(f"{folder}: found nothing in its shards; {remake(folder.name)}")
    return {unit: Lengths(*np.array(sorted(x.items()), dtype=np.int64).T) for unit, x in counters.items()}


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
    """Read the ids of both sides once, block by block; memory is for a block and for the counts of the types.

    A point of the curve is noted after every hundredth of the training tokens.
    """
    facts = read_facts(folder)
    train, validation = (np.zeros(facts["types"], dtype=np.int64) for _ in range(2))
    total = int(IdSequences(folder, "train", facts["types"]).offsets[-1])
    points = [(0, 0, 0)]
    for counts in _count_blocks(folder, "train", facts["types"]):
        train += counts
        tokens = int(train.sum())
        if tokens == total or tokens - points[-1][0] >= total / POINTS:
            points.append((tokens, int((train > 0).sum()), int((train > 1).sum())))
    for counts in _count_blocks(folder, "validation", facts["types"]):
        validation += counts
    growth, words = Growth(*np.array(points, dtype=np.int64).T), slice(len(SPECIALS), None)
    return growth, Usage(train[words], validation[words], facts["size"] - len(SPECIALS))


def _count_blocks(folder: Path, side: str, types: int) -> Iterator[Integers]:
    """How often each type occurs, (types,), in one hundredth of the fragments after the other."""
    offsets = IdSequences(folder, side, types).offsets
    fragments = len(offsets) - 1
    borders = [*range(0, fragments, max(1, fragments // POINTS)), fragments]
    with (folder / f"{side}.ids").open("rb") as file:  # read, not mapped: what was read can be forgotten
        for start, stop in track(pairwise(borders), f"vocabulary of {side}", "blocks", len(borders) - 1):
            yield np.bincount(np.fromfile(file, ID, int(offsets[stop] - offsets[start])), minlength=types)
