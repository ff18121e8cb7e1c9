"""Scores of two systems side by side, with what chance allows their difference."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pipeline.experiments.compare.pair import Pair
from pipeline.ner.scoring.scores import METRICS, deviation, interval, measure_seeds, measures
from pipeline.ner.scoring.significance import bootstrap_difference, randomisation_p
from pipeline.report.tables import NONE, decimal, integer, plus_minus

TITLES = {"token_f1": "Token F1", "entity_f1": "Entity F1", "entity_f1_macro": "Entity F1, macro"}
HEADER = ["", "Gold", "A", "B", "B - A", "95 % interval", "p"]


class Score(NamedTuple):
    """Mean over the seeds, and the standard deviation between them; None where there is one seed."""

    mean: float
    deviation: float | None


class Row(NamedTuple):
    """One measure; the difference and its interval are of B minus A."""

    title: str
    gold: int
    """Gold labels (of the token F1) or entities that it is about."""
    a: Score
    b: Score
    difference: float
    low: float
    high: float
    p: float | None
    """None where the seeds of A and B cannot be swapped: there are not as many of each."""

    def cells(self) -> list[str]:
        """As text, in the order of `HEADER`."""
        return [
            self.title,
            integer(self.gold),
            plus_minus(*self.a),
            plus_minus(*self.b),
            f"{self.difference:+.3f}",
            f"{self.low:+.3f} to {self.high:+.3f}",
            NONE if self.p is None else decimal(self.p, 4),
        ]


def compare_scores(pair: Pair, resamples: int, seed: int) -> list[Row]:
    """A row a measure: the scores, then entity F1 by type."""
    a, b = (measure_seeds(taggers.counts) for taggers in (pair.a, pair.b))
    draws = bootstrap_difference(pair.a.counts, pair.b.counts, resamples, seed)
    swappable = len(pair.a.seeds) == len(pair.b.seeds)
    p = randomisation_p(pair.a.counts, pair.b.counts, resamples, seed).tolist() if swappable else [None] * a.shape[1]
    gold = _gold(pair)
    return [
        Row(
            title=TITLES.get(name, name),
            gold=gold[index],
            a=_score(a[:, index].tolist()),
            b=_score(b[:, index].tolist()),
            difference=float(b[:, index].mean() - a[:, index].mean()),
            low=interval(draws[:, index])[0],
            high=interval(draws[:, index])[1],
            p=p[index],
        )
        for index, name in enumerate(measures(pair.split.labels))
    ]


def _score(values: Sequence[float]) -> Score:
    return Score(float(np.mean(values)), deviation(values))


def _gold(pair: Pair) -> list[int]:
    """How many gold labels or entities each measure is about."""
    tokens, entities = (array[:, 1].sum(0) for array in pair.a.counts[0])
    of_metrics = [int((tokens if name == "token_f1" else entities).sum()) for name in METRICS]
    return of_metrics + [int(number) for number in entities]
