"""Which rows differ by more than chance: entity F1 of all pairs, tested by approximate randomisation."""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

from pipeline.errors import UserError
from pipeline.experiments.compare.system import System, read_system
from pipeline.experiments.revision import Revision
from pipeline.ner.scoring.scores import METRICS, measure_seeds
from pipeline.ner.scoring.significance import randomisation_p

MEASURE = [*METRICS].index("entity_f1")
LEVEL = 0.05
RESAMPLES = 2000
"""Random swaps per pair: p is at least 0.0005, small enough for Holm's correction of a hundred pairs."""
SEED = 1


class Difference(NamedTuple):
    """The entity F1 of the better of two rows minus that of the worse."""

    value: float
    p: float | None
    """Two-sided; None if the rows differ in their numbers of seeds."""
    sure: bool
    """Whether it is significant at 5 % by Holm's correction for all pairs of the data set (Holm 1979)."""


class Pairs(NamedTuple):
    """All pairs of rows on one data set."""

    name: str
    rows: list[int]
    """Numbers of the rows that could be tested, the best first."""
    differences: dict[tuple[int, int], Difference]
    """By the numbers of the better and the worse row."""
    absent: dict[int, str]
    """Why a row could not be tested, by its number."""


def compare_rows(revisions: Sequence[Revision], name: str) -> Pairs:
    """Test every pair of revisions on a data set; one without predictions in git or DVC's cache is left out."""
    systems: dict[int, System] = {}
    absent: dict[int, str] = {}
    for number, revision in enumerate(revisions):
        try:
            systems[number] = read_system(revision, name, next(iter(systems.values()), None))
        except UserError as error:
            absent[number] = str(error)
    scores = {n: float(measure_seeds(system.taggers.counts)[:, MEASURE].mean()) for n, system in systems.items()}
    order = sorted(scores, key=lambda number: (-scores[number], number))
    pairs, p = [*combinations(order, 2)], dict[tuple[int, int], float]()
    for a, b in pairs:
        x, y = systems[a].taggers.counts, systems[b].taggers.counts
        if len(x) == len(y):
            p[a, b] = float(randomisation_p(x, y, RESAMPLES, SEED)[MEASURE])
    sure = correct(p)
    differences = {(a, b): Difference(scores[a] - scores[b], p.get((a, b)), (a, b) in sure) for a, b in pairs}
    return Pairs(name, order, differences, absent)


def correct(p: dict[tuple[int, int], float]) -> set[tuple[int, int]]:
    """The keys whose p is significant at 5 % for all keys together, by Holm's step-down from the smallest p."""
    significant: set[tuple[int, int]] = set()
    for rank, (pair, value) in enumerate(sorted(p.items(), key=lambda item: (item[1], item[0]))):
        if value > LEVEL / (len(p) - rank):
            break
        significant.add(pair)
    return significant
