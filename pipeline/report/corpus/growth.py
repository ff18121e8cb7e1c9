"""How the vocabulary grows with the text, and how much of the text its most frequent types cover."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.files.ids import ID, IdSequences
from pipeline.files.vocabulary import SPECIALS, read_facts
from pipeline.work.progress import track

POINTS = 100
"""Of the curve."""
BLOCK = 2000
"""Fragments counted at once."""

Counts = npt.NDArray[np.int64]


class Growth(NamedTuple):
    """Types of the training text, in its order, after 0 and more tokens: int64 of shape (points,)."""

    tokens: Counts
    types: Counts
    repeated: Counts
    """Types seen twice or more."""


class Usage(NamedTuple):
    """How often each type occurs on both sides: int64 of shape (types,), the vocabulary's order."""

    train: Counts
    validation: Counts
    predicted: int
    """How many leading types the softmax predicts by name."""

    def coverage(self, side: str) -> npt.NDArray[np.float64]:
        """Share of a side's tokens that the leading 1, 2, ... types make up: float64 of shape (types,)."""
        counts: Counts = getattr(self, side)
        shares: npt.NDArray[np.float64] = np.cumsum(counts) / counts.sum()
        return shares


def measure_vocabulary(folder: Path) -> tuple[Growth, Usage]:
    """Read the ids of both sides once, `BLOCK` fragments at a time; memory grows with types alone, 16 bytes each."""
    facts = read_facts(folder)
    train, validation = (np.zeros(facts["types"], dtype=np.int64) for _ in range(2))
    growth = _grow(folder, train)
    for ids, number in _blocks(folder, "validation", facts["types"]):
        validation[ids] += number
    own = slice(len(SPECIALS), None)
    return growth, Usage(train[own], validation[own], facts["size"] - len(SPECIALS))


def _grow(folder: Path, counts: Counts) -> Growth:
    """Fill `counts` by id, and note a point of the curve every hundredth of the tokens, or every block."""
    total = int(IdSequences(folder, "train", len(counts)).offsets[-1])
    points = [(0, 0, 0)]
    tokens = types = repeated = 0
    for ids, number in _blocks(folder, "train", len(counts)):
        before = counts[ids]
        counts[ids] += number
        tokens += int(number.sum())
        types += int((before == 0).sum())
        repeated += int(((before < 2) & (counts[ids] >= 2)).sum())
        if tokens == total or tokens - points[-1][0] >= total / POINTS:
            points.append((tokens, types, repeated))
    return Growth(*np.array(points, dtype=np.int64).T)


def _blocks(folder: Path, side: str, types: int) -> Iterator[tuple[Counts, Counts]]:
    """The ids of some fragments after the others, each id once, with how often it occurs in them."""
    offsets = IdSequences(folder, side, types).offsets
    step = max(1, min(BLOCK, (len(offsets) - 1) // POINTS))
    borders = [*range(0, len(offsets) - 1, step), len(offsets) - 1]
    with (folder / f"{side}.ids").open("rb") as file:  # read, not mapped: what was read can be forgotten
        for start, stop in track(pairwise(borders), f"vocabulary of {side}", "blocks", len(borders) - 1):
            ids = np.fromfile(file, ID, int(offsets[stop] - offsets[start]))
            yield np.unique(ids.astype(np.int64), return_counts=True)
