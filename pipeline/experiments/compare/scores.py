"""Scores of two systems side by side, and whether chance explains their difference."""

from typing import NamedTuple

from pipeline.experiments.compare.system import System
from pipeline.ner.scoring.scores import METRICS, deviation, interval, measure_seeds, measures
from pipeline.ner.scoring.significance import bootstrap_difference, randomisation_p
from pipeline.report.tables import NONE, TITLES, decimal, integer, plus_minus

HEADER = ["", "Gold", "A", "B", "B - A", "95 % interval", "p"]

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

    def cells(self) -> list[str]:
        """The row as text, in the order of `HEADER`."""
        return [
            *(self.title, integer(self.gold), plus_minus(*self.a), plus_minus(*self.b), f"{self.difference:+.3f}"),
            *(f"{self.low:+.3f} to {self.high:+.3f}", NONE if self.p is None else decimal(self.p, 4)),
        ]


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
