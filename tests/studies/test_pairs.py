"""Which rows differ, and by how much they would have to. What a pair is, `compare` says: tests/compare."""

from itertools import combinations

import numpy as np
import pytest

from pipeline.experiments.studies.pairs import Pair, correct, list_pairs, smallest_difference
from pipeline.experiments.studies.study import Study


def test_pairs_are_all_or_those_with_the_baseline() -> None:
    rows: dict[str, dict[str, int]] = {"a": {}, "b": {}, "c": {}}
    assert list_pairs(Study(question="?", rows=rows)) == [("a", "b"), ("a", "c"), ("b", "c")]
    assert list_pairs(Study(question="?", rows=rows, baseline="b")) == [("b", "a"), ("b", "c")]


def test_holm_is_the_step_down_of_the_definition() -> None:
    random = np.random.default_rng(1)
    for _ in range(200):
        keys = list(combinations("abcd", 2))
        p = dict(zip(keys, random.beta(0.3, 4, size=len(keys)).tolist(), strict=True))
        ordered = sorted(p.values())
        fails = [value for rank, value in enumerate(ordered) if value * (len(p) - rank) > 0.05]
        assert correct(p) == {key for key, value in p.items() if value < min(fails, default=2)}


@pytest.mark.parametrize(("of_sentences", "of_seeds", "seeds"), [(0.01, 0.004, 3), (0.002, 0.02, 5), (0.01, 0, 1)])
def test_the_smallest_difference_is_found_four_times_out_of_five(
    of_sentences: float, of_seeds: float, seeds: int
) -> None:
    half = 1.96 * of_sentences
    pairs = [Pair("all", "x", "a", "b", "", 0.1, 0.1 - half, 0.1 + half, 0.5)]
    difference = smallest_difference(pairs, seeds, of_seeds)
    assert difference is not None and smallest_difference([], seeds, of_seeds) is None
    random, studies = np.random.default_rng(1), 20_000
    scores = random.normal(0, of_seeds, size=(2, studies, seeds)).mean(-1)  # (rows, studies)
    errors = scores[1] - scores[0] + random.normal(0, of_sentences, size=studies)
    is_shown = np.abs(difference + errors) > 1.96 * errors.std()
    assert is_shown.mean() == pytest.approx(0.8, abs=0.015)
