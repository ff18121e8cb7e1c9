"""Which rows differ by more than chance: entity F1 of all pairs, by approximate randomisation."""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

from pipeline.errors import UserError
from pipeline.experiments.compare.pair import System, read_system
from pipeline.experiments.revision import Revision
from pipeline.ner.scoring.scores import measure_seeds, measures
from pipeline.ner.scoring.significance import randomisation_p

METRIC = "entity_f1"
LEVEL = 0.05
RESAMPLES = 2000
"""Random swaps a pair: p is 0.0005 at least, small enough for Holm's correction of a hundred pairs."""
SEED = 1


class Difference(NamedTuple):
    """Of the entity F1 of two rows, the better minus the worse."""

    value: float
    p: float | None
    """Two-sided; None where the rows differ in their numbers of seeds."""
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
    """Why rows could not be tested, by their numbers."""


def compare_rows(revisions: Sequence[Revision], name: str) -> Pairs:
    """Test every pair of revisions on a data set; one without predictions in git or DVC's cache is left out."""
    systems: dict[int, System] = {}
    absent: dict[int, str] = {}
    for number, revision in enumerate(revisions):
        try:
            systems[number] = read_system(revision, name, next(iter(systems.values()), None))
        except UserError as error:
            absent[number] = str(error)
    scores = {number: _score(system) for number, system in systems.items()}
    order = sorted(scores, key=lambda number: (-scores[number], number))
    tested = {(a, b): _p(systems[a], systems[b]) for a, b in combinations(order, 2)}
    sure = correct({pair: p for pair, p in tested.items() if p is not None})
    differences = {(a, b): Difference(scores[a] - scores[b], p, (a, b) in sure) for (a, b), p in tested.items()}
    return Pairs(name, order, differences, absent)


def correct(p: dict[tuple[int, int], float]) -> set[tuple[int, int]]:
    """The keys that are significant at 5 % for all values together: Holm's step-down of the smallest ones."""
    found: set[tuple[int, int]] = set()
    for rank, (pair, value) in enumerate(sorted(p.items(), key=lambda item: (item[1], item[0]))):
        if value > LEVEL / (len(p) - rank):
            break
        found.add(pair)
    return found


def _score(system: System) -> float:
    return float(measure_seeds(system.taggers.counts)[:, measures(system.split.labels).index(METRIC)].mean())


def _p(a: System, b: System) -> float | None:
    if len(a.taggers.seeds) != len(b.taggers.seeds):
        return None
    found = randomisation_p(a.taggers.counts, b.taggers.counts, RESAMPLES, SEED)
    return float(found[measures(a.split.labels).index(METRIC)])
