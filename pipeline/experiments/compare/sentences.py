"""The test sentences on which two systems differ most, with their entities marked."""

from collections.abc import Iterator

import numpy as np

from pipeline.experiments.compare.pair import Pair
from pipeline.report.pages.blocks import Example, Reading
from pipeline.report.readings import count_wrong, describe_wrong, read_gold, read_predicted


def find_examples(pair: Pair, most: int) -> list[Example]:
    """At most this many sentences, those first where the numbers of wrong entities differ most."""
    a, b = (count_wrong(taggers.counts) for taggers in (pair.a, pair.b))
    gap = np.abs(a - b)
    order = np.argsort(-gap, kind="stable")[:most].tolist()
    return [Example(i + 1, _about(float(a[i]), float(b[i])), list(_readings(pair, i))) for i in order if gap[i] > 0]


def _about(wrong_a: float, wrong_b: float) -> str:
    """How wrong both are about a sentence, means over seeds."""
    return f"entities missed or made up: {describe_wrong(wrong_a)} by A, {describe_wrong(wrong_b)} by B"


def _readings(pair: Pair, index: int) -> Iterator[Reading]:
    yield read_gold(pair.split, index)
    for system, taggers in (("A", pair.a), ("B", pair.b)):
        yield from read_predicted(pair.split, taggers, index, system)
