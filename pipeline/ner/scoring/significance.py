"""Whether two systems differ on a test split by more than chance allows.

A system is the taggers of all its seeds, given by their counts; its score is the mean over them, as in `evaluate`. All
differences are B minus A. Both methods take sentences as the units and say nothing about taggers with other seeds; the
deviation between seeds does (Reimers and Gurevych 2017).

The paired bootstrap (Efron and Tibshirani 1993; for language Koehn 2004 and Berg-Kirkpatrick et al. 2012) draws the
same sentences for every tagger of both systems.

Approximate randomisation (Noreen 1989; for F-scores Yeh 2000) asks how often the difference is as large when a coin
decides, sentence by sentence, which system gave which output. If the systems were the same, both sides of the coin
would be equally likely; with several seeds this holds for all outputs of a sentence together. One coin therefore swaps
all of them, the k-th seed of A with the k-th of B, and the systems must have equally many.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from pipeline.ner.scoring.scores import CHUNK, Counts, Floats, bootstrap, measure, measure_seeds, total
from pipeline.work.progress import track

ROUNDING = 1e-12
"""Rounding may set equal differences of F1 this far apart."""

System = Sequence[Counts]
"""The counts of each tagger on one test split."""


def bootstrap_difference(a: System, b: System, resamples: int, seed: int) -> Floats:
    """Compute B minus A on `resamples` draws of the sentences with replacement; (resamples, measures)."""
    draws = bootstrap([*a, *b], resamples, seed)
    return draws[len(a) :].mean(0) - draws[: len(a)].mean(0)


def randomisation_p(a: System, b: System, resamples: int, seed: int) -> Floats:
    """Return the two-sided p of each measure, (measures,): the share of swapped differences as large as the real one.

    The real difference is counted too (Noreen 1989), so that p is never below 1 / (resamples + 1).
    """
    if len(a) != len(b):
        raise ValueError(f"seeds are swapped in pairs, got {len(a)} and {len(b)}")
    real = np.abs(measure_seeds(b).mean(0) - measure_seeds(a).mean(0))
    as_large = np.zeros(len(real))
    swaps = _swapped_differences(a, b, resamples, seed)
    for swapped in track(swaps, "randomisation", "swaps", resamples, size=len):
        as_large += (np.abs(swapped) >= real - ROUNDING).sum(0)
    return (1 + as_large) / (1 + resamples)


def _swapped_differences(a: System, b: System, resamples: int, seed: int) -> Iterator[Floats]:
    """Yield B minus A after random swaps, `CHUNK` resamples at a time, (chunk, measures)."""
    random = np.random.default_rng(seed)
    pairs = list(zip(a, b, strict=True))
    # Swapping a sentence with the same counts in both systems changes nothing.
    differs = [(x != y).any(axis=(1, 2)) for pair in pairs for x, y in zip(*pair, strict=True)]
    changed = np.any(differs, axis=0)  # (sentences,)
    # Counts of the changed sentences in B minus those in A, each (changed, 3 x classes).
    gains = [
        [(y - x).reshape(len(changed), -1)[changed].astype(np.float64) for x, y in zip(*pair, strict=True)]
        for pair in pairs
    ]
    totals = [(total(x), total(y)) for x, y in pairs]
    for first in range(0, resamples, CHUNK):
        size = min(CHUNK, resamples - first), int(changed.sum())
        swaps = random.integers(2, size=size, dtype=np.uint8).astype(np.float64)
        differences = [_swap(swaps, *both, gain) for both, gain in zip(totals, gains, strict=True)]
        yield np.mean(differences, axis=0)


def _swap(swaps: Floats, a: Counts, b: Counts, gain: list[Floats]) -> Floats:
    """Compute B minus A, (swaps, measures), of two taggers with these totals; swaps (swaps, changed) are 0 or 1."""
    moved = [(swaps @ rows).reshape(len(swaps), 3, -1) for rows in gain]
    new_a, new_b = (Counts(*(x + sign * y for x, y in zip(c, moved, strict=True))) for c, sign in ((a, 1), (b, -1)))
    return measure(new_b) - measure(new_a)
