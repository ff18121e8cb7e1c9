"""Which rows differ by more than chance, and the smallest difference that a test split can show: pairs.csv.

The unit of the tests is the sentence; what other seeds would do is in the deviation between seeds.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from math import hypot, nan, sqrt
from pathlib import Path
from statistics import median
from typing import NamedTuple, TypeVar

from pipeline.errors import UserError
from pipeline.experiments.compare.system import System, read_system
from pipeline.experiments.revision import Revision
from pipeline.experiments.studies.recipe import DIGITS
from pipeline.experiments.studies.record import read_table
from pipeline.experiments.studies.study import Study
from pipeline.ner.scoring.scores import METRICS, Counts, interval, measure_seeds
from pipeline.ner.scoring.significance import bootstrap_difference, randomisation_p
from pipeline.provenance.fingerprint import fingerprint
from pipeline.work.progress import say

PAIRS = "pairs.csv"
MEASURE = [*METRICS].index("entity_f1")
LEVEL = 0.05
RESAMPLES = 2000
"""Random swaps per pair: p is at least 0.0005, small enough for Holm's correction of a hundred pairs."""
DRAWS = 500
"""Resamples of the sentences for the interval of a difference."""
SEED = 1
NORMAL_95, NORMAL_80 = 1.96, 0.84
"""Quantiles of the normal distribution: a test at 5 % that finds a difference four times out of five."""

Test = TypeVar("Test", str, tuple[str, str])

Key = tuple[str, str, str]
"""A row, a column and a data set."""


class Pair(NamedTuple):
    """Two rows of a column on one data set."""

    column: str
    set: str
    a: str
    b: str
    rows: str
    """A sum of what decides both rows, so that a pair of older rows is known as such."""
    difference: float
    """The entity F1 of `b` minus that of `a`, with its 95 % interval over test sentences."""
    low: float
    high: float
    p: float
    """Two-sided; NaN if the rows differ in their numbers of seeds."""


def read_pairs(path: Path) -> list[Pair]:
    """Read pairs.csv; without the file there is no pair."""
    table = read_table(path, [*Pair._fields], [*Pair._fields[:5]])
    return [Pair(*record) for record in table.itertuples(index=False, name=None)]


def list_pairs(study: Study) -> list[tuple[str, str]]:
    """Return the pairs of rows that a study compares: with its baseline, or all."""
    if study.baseline is not None:
        return [(study.baseline, row) for row in study.rows if row != study.baseline]
    return [*combinations(study.rows, 2)]


def compare_rows(
    study: Study, sums: Mapping[Key, str], known: Iterable[Pair], revisions: Mapping[tuple[str, str], Revision]
) -> Iterator[Pair]:
    """Yield the pairs whose rows are among `sums`, from `known` or from the predictions of the revisions.

    The sum of a row says what decides its scores; the revisions are by row and column. A pair without predictions at
    hand, or whose test sentences differ, is left out, with a word on the terminal.
    """
    stored = {pair[:5]: pair for pair in known}
    for column, data_set in dict.fromkeys(key[1:] for key in sums):
        systems: dict[str, System | None] = {}
        for names in list_pairs(study):
            if any((row, column, data_set) not in sums for row in names):
                continue
            both = fingerprint({row: sums[row, column, data_set] for row in names})[:DIGITS]
            if pair := stored.get((column, data_set, *names, both)):
                yield pair
                continue
            for row in names:
                if row not in systems:
                    first = next(filter(None, systems.values()), None)
                    systems[row] = _read(revisions.get((row, column)), data_set, first)
            a, b = (systems[row] for row in names)
            if a and b:
                yield Pair(column, data_set, *names, both, *_compare(a.taggers.counts, b.taggers.counts))


def correct(p: Mapping[Test, float]) -> set[Test]:
    """Return the tests that are significant at 5 %, for all of them together: Holm's step-down (Holm 1979)."""
    significant: set[Test] = set()
    for rank, (test, value) in enumerate(sorted(p.items(), key=lambda item: (item[1], item[0]))):
        if value > LEVEL / (len(p) - rank):
            break
        significant.add(test)
    return significant


def smallest_difference(pairs: Sequence[Pair], seeds: int, deviation: float) -> float | None:
    """Return the entity F1 by which two rows must differ to be told apart four times out of five, at 5 %.

    Its error has two parts: the test sentences drawn, from the intervals of the pairs (their median), and the seeds,
    from their deviation. None if there is no pair.
    """
    if not pairs:
        return None
    of_sentences = median((pair.high - pair.low) / (2 * NORMAL_95) for pair in pairs)
    return (NORMAL_95 + NORMAL_80) * hypot(of_sentences, deviation * sqrt(2 / seeds))


def _read(revision: Revision | None, data_set: str, other: System | None) -> System | None:
    try:
        return read_system(revision, data_set, other) if revision else None
    except UserError as error:
        say(f"no test of a row: {error}")
        return None


def _compare(a: Sequence[Counts], b: Sequence[Counts]) -> tuple[float, float, float, float]:
    difference = float((measure_seeds(b).mean(0) - measure_seeds(a).mean(0))[MEASURE])
    ends = interval(bootstrap_difference(a, b, DRAWS, SEED)[:, MEASURE])
    p = float(randomisation_p(a, b, RESAMPLES, SEED)[MEASURE]) if len(a) == len(b) else nan
    return difference, *ends, p
