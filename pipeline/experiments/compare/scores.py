"""Scores of two systems side by side, and whether chance explains their difference."""

from collections.abc import Sequence
from typing import NamedTuple

from pipeline.experiments.compare.system import System
from pipeline.ner.scoring.scores import METRICS, deviation, interval, measure_seeds, measures
from pipeline.ner.scoring.significance import bootstrap_difference, randomisation_p
from pipeline.report.tables import TITLES, decimal, integer, plus_minus

HEADER = ["", "Gold", "A", "B", "B - A", "95 % interval", "p"]

LEVEL = 0.05
"""The p up to which a difference is more than chance."""

Score = tuple[float, float | None]
"""The mean over the seeds, and the standard deviation between them; None if there is only one seed."""


class Row(NamedTuple):
    """One measure of both systems; the difference and its interval are of B minus A."""

    title: str
    gold: int
    """The number of gold labels (for token F1) or gold entities."""
    a: Score
    b: Score
    difference: float
    low: float
    high: float
    p: float | None
    """None where A and B have different numbers of seeds, which cannot be swapped."""

    @property
    def signed(self) -> str:
        """The difference as text."""
        return f"{self.difference:+.3f}"

    @property
    def interval(self) -> str:
        """The interval as text."""
        return f"{self.low:+.3f} to {self.high:+.3f}"

    def cells(self) -> list[str]:
        """The row as text, in the order of `HEADER`."""
        scores = plus_minus(*self.a), plus_minus(*self.b)
        return [self.title, integer(self.gold), *scores, self.signed, self.interval, decimal(self.p, 4)]


class Verdict(NamedTuple):
    """What came out on a data set, in words."""

    short: str
    """B is 0.052 worse on WikiNEuRal."""
    numbers: str
    """What it rests on: entity F1, 95 % interval -0.071 to -0.033, p 0.0017."""


def judge(rows: Sequence[Row], name: str) -> Verdict:
    """Say by entity F1 whether B is better or worse than A by more than chance on a data set.

    This is so if p is at most 5 %, or, where there is no p, if 0 is outside the interval.
    """
    row = rows[[*METRICS].index("entity_f1")]
    if all((x.difference, x.low, x.high) == (0, 0, 0) for x in rows):
        return Verdict(f"A and B have the same scores on {name}", f"entity F1 {plus_minus(*row.a)}")
    numbers = f"entity F1, 95 % interval {row.interval}, p {decimal(row.p, 4)}"
    if row.low <= 0 <= row.high if row.p is None else row.p > LEVEL:
        return Verdict(f"B and A cannot be told apart on {name}", f"B minus A {row.signed} in {numbers}")
    return Verdict(f"B is {abs(row.difference):.3f} {'better' if row.difference > 0 else 'worse'} on {name}", numbers)


def compare_scores(a: System, b: System, resamples: int, seed: int) -> list[Row]:
    """One row per measure: the scores, then entity F1 by type."""
    x, y = a.taggers.counts, b.taggers.counts
    scores = [measure_seeds(counts).T for counts in (x, y)]  # (measures, seeds) each
    draws = bootstrap_difference(x, y, resamples, seed)  # (resamples, measures)
    p = randomisation_p(x, y, resamples, seed).tolist() if len(x) == len(y) else [None] * draws.shape[1]
    tokens, entities = (array[:, 1].sum(0) for array in x[0])  # gold ones: (labels,) and (types,)
    gold = [(tokens if name == "token_f1" else entities).sum() for name in METRICS] + [*entities]
    rows = []
    for index, name in enumerate(measures(a.split.labels)):
        of_a, of_b = ((float(s[index].mean()), deviation(s[index].tolist())) for s in scores)
        difference, ends = of_b[0] - of_a[0], interval(draws[:, index])
        rows.append(Row(TITLES.get(name, name), int(gold[index]), of_a, of_b, difference, *ends, p[index]))
    return rows
