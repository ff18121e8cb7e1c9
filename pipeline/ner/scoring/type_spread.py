"""How sure the F1 of each entity type is: between seeds, and over other test sentences."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pipeline.ner.scoring.scores import Counts, deviation, entity_types, interval, resample, total, type_f1


class TypeSpread(NamedTuple):
    """Of one entity type."""

    type: str
    deviation: float | None
    """Standard deviation of F1 between seeds; None of one seed."""
    low: float
    high: float
    """95 % bootstrap interval of the mean F1 over seeds."""


def spread_types(counts: Sequence[Counts], labels: list[str], resamples: int, seed: int) -> list[TypeSpread]:
    """A row a type, in the order of `labels`; all taggers are scored on the same drawn sentences, as in `evaluate`."""
    seeds = np.stack([type_f1(total(c).entities) for c in counts])
    drawn = [np.mean([type_f1(t.entities) for t in totals], axis=0) for totals in resample(counts, resamples, seed)]
    draws = np.concatenate(drawn)
    return [
        TypeSpread(type_, deviation(seeds[:, number].tolist()), *interval(draws[:, number]))
        for number, type_ in enumerate(entity_types(labels))
    ]
