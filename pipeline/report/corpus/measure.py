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
"""The number of points of the curve of growth, roughly, and of the blocks that are read."""

Integers = npt.NDArray[np.int64]


class Lengths(NamedTuple):
    """The distinct lengths in words, rising, and the number of units of each: both (distinct lengths,)."""

    words: Integers
    numbers: Integers

    @property
    def number(self) -> int:
        """The number of all units."""
        return int(self.numbers.sum())

    @property
    def mean(self) -> float:
        """The mean number of words of a unit."""
        return float((self.words * self.numbers).sum() / self.numbers.sum())

    def quantile(self, share: float) -> int:
        """Return the smallest length that at least this share of the units does not exceed."""
        return int(self.words[np.searchsorted(np.cumsum(self.numbers), share * self.number)])


def count_lengths(sentences: Path, fragments: Path) -> dict[str, Lengths]:
    """Count the lengths of documents, sentences and fragments; a document is as long as all its sentences.

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
    """The number of leading types that the softmax predicts by name."""

    def coverage(self, side: str) -> npt.NDArray[np.float64]:
        """Return the share of a side's tokens that the leading 1, 2, ... types make up: (types,)."""
        counts: Integers = getattr(self, side)
        return np.asarray(np.cumsum(counts) / counts.sum())


def measure_vocabulary(folder: Path) -> tuple[Growth, Usage]:
    """Count the ids of both sides, block by block; memory is for a block and for the counts of the types.

    A point of the curve is noted after every hundredth of the training tokens.
    """
    facts = read_facts(folder)
    train, validation = (np.zeros(facts["types"], dtype=np.int64) for _ in range(2))
    sides = {side: IdSequences(folder, side, facts["types"]).offsets for side in ("train", "validation")}
    total, points = int(sides["train"][-1]), [(0, 0, 0)]
    for counts in _count_blocks(folder, "train", sides["train"], facts["types"]):
        train += counts
        tokens = int(train.sum())
        if tokens == total or tokens - points[-1][0] >= total / POINTS:
            points.append((tokens, int((train > 0).sum()), int((train > 1).sum())))
    for counts in _count_blocks(folder, "validation", sides["validation"], facts["types"]):
        validation += counts
    growth, words = Growth(*np.array(points, dtype=np.int64).T), slice(len(SPECIALS), None)
    return growth, Usage(train[words], validation[words], facts["size"] - len(SPECIALS))


def _count_blocks(folder: Path, side: str, offsets: Integers, types: int) -> Iterator[Integers]:
    """Yield the counts of each type, (types,), in each hundredth of the fragments, which begin at `offsets`."""
    fragments = len(offsets) - 1
    borders = [*range(0, fragments, max(1, fragments // POINTS)), fragments]
    with (folder / f"{side}.ids").open("rb") as file:  # read, not mapped: what was read can be forgotten
        for start, stop in track(pairwise(borders), f"vocabulary of {side}", "blocks", len(borders) - 1):
            yield np.bincount(np.fromfile(file, ID, int(offsets[stop] - offsets[start])), minlength=types)
