"""Both tests of a difference against slow loops, complete enumeration and scipy."""

from itertools import product

import numpy as np
import pytest

from pipeline.ner.data.bio import bio_labels
from pipeline.ner.scoring.scores import Counts, count, interval, score, score_types
from pipeline.ner.scoring.significance import bootstrap_difference, randomisation_p

LABELS = bio_labels(["PER", "LOC"])
TOKENS = 5
"""Of a sentence."""


def system(sentences: int, quality: float, seeds: int, seed: int) -> list[Counts]:
    """Taggers that are right about every label with this probability, else say any."""
    gold = np.random.default_rng(0).integers(len(LABELS), size=sentences * TOKENS)
    random = np.random.default_rng(seed)
    taggers = []
    for _ in range(seeds):
        said = np.where(random.random(gold.size) < quality, gold, random.integers(len(LABELS), size=gold.size))
        taggers.append(count(gold, said, np.full(sentences, TOKENS), LABELS))
    return taggers


def difference(a: list[Counts], b: list[Counts]) -> np.ndarray:
    """The slow way: scores by name and by type, mean over seeds."""
    means = [np.mean([[*score(c).values(), *(row.f1 for row in score_types(c, LABELS))] for c in s], 0) for s in (a, b)]
    return means[1] - means[0]


def pick(taggers: list[Counts], sentences: np.ndarray) -> list[Counts]:
    return [Counts(*(array[sentences] for array in counts)) for counts in taggers]


def swap(a: list[Counts], b: list[Counts], swapped: np.ndarray) -> tuple[list[Counts], list[Counts]]:
    def mix(x: Counts, y: Counts) -> Counts:
        return Counts(*(np.where(swapped[:, None, None], v, u) for u, v in zip(x, y, strict=True)))

    pairs = list(zip(a, b, strict=True))
    return [mix(x, y) for x, y in pairs], [mix(y, x) for x, y in pairs]


def test_bootstrap_draws_the_same_sentences_for_every_tagger_of_both() -> None:
    a, b = system(40, 0.6, seeds=2, seed=1), system(40, 0.7, seeds=3, seed=2)
    random = np.random.default_rng(3)
    draws = [*random.integers(40, size=(50, 40)), *random.integers(40, size=(5, 40))]  # 50 draws come at a time
    expected = [difference(pick(a, draw), pick(b, draw)) for draw in draws]
    assert bootstrap_difference(a, b, 55, seed=3) == pytest.approx(np.array(expected))
    assert interval(np.arange(1001.0)) == (25, 975)


@pytest.mark.slow
def test_the_interval_is_scipys() -> None:
    from scipy import stats

    a, b = system(60, 0.5, seeds=1, seed=1), system(60, 0.7, seeds=1, seed=2)

    def entity_f1(sentences: np.ndarray) -> float:
        return difference(pick(a, sentences), pick(b, sentences))[1]

    there = stats.bootstrap(
        (np.arange(60),), entity_f1, n_resamples=1500, vectorized=False, method="percentile", rng=5
    ).confidence_interval
    here = interval(bootstrap_difference(a, b, 5000, seed=1)[:, 1])
    # The width is about 0.2; the ends of 1,500 draws are known to some thousandths.
    assert here == pytest.approx((there.low, there.high), abs=0.015)


@pytest.mark.parametrize("seeds", [1, 3])
def test_p_is_that_of_all_possible_swaps(seeds: int) -> None:
    a, b = system(7, 0.5, seeds, seed=1), system(7, 0.6, seeds, seed=2)
    every = [difference(*swap(a, b, np.array(bits))) for bits in product([False, True], repeat=7)]
    exact = (np.abs(every) >= np.abs(difference(a, b)) - 1e-12).mean(0)
    p = randomisation_p(a, b, 20_000, seed=3)
    assert len(set(exact)) == len(exact) and 0.05 < exact.max() < 1
    assert np.all(np.abs(p - exact) <= 4 * np.sqrt(exact * (1 - exact) / 20_000) + 1e-4)


def test_p_is_scipys_exact_one() -> None:
    from scipy import stats

    (a,), (b,) = system(8, 0.4, seeds=1, seed=1), system(8, 0.7, seeds=1, seed=2)
    both = Counts(*(np.concatenate(arrays) for arrays in zip(a, b, strict=True)))

    def entity_f1(mine: np.ndarray, yours: np.ndarray) -> float:
        return difference(pick([both], mine), pick([both], yours))[1]

    numbers = np.arange(8), np.arange(8, 16)
    exact = stats.permutation_test(
        numbers, entity_f1, permutation_type="samples", vectorized=False, n_resamples=np.inf
    ).pvalue
    assert 0.02 < exact < 0.5
    assert randomisation_p([a], [b], 20_000, seed=1)[1] == pytest.approx(exact, abs=4 * np.sqrt(exact / 20_000))


def test_p_of_what_never_happens_is_not_zero() -> None:
    a, b = system(200, 0.3, seeds=1, seed=1), system(200, 0.95, seeds=1, seed=2)
    assert randomisation_p(a, b, 99, seed=1)[0] == pytest.approx(1 / 100)


def test_a_system_does_not_differ_from_itself() -> None:
    a = system(30, 0.6, seeds=2, seed=1)
    assert not bootstrap_difference(a, a, 60, seed=1).any()
    assert (randomisation_p(a, a, 60, seed=1) == 1).all()


def test_the_other_way_round_is_the_mirror_image() -> None:
    a, b = system(30, 0.6, seeds=2, seed=1), system(30, 0.7, seeds=2, seed=2)
    assert np.array_equal(bootstrap_difference(a, b, 60, seed=1), -bootstrap_difference(b, a, 60, seed=1))
    assert np.array_equal(randomisation_p(a, b, 60, seed=1), randomisation_p(b, a, 60, seed=1))


@pytest.mark.slow
def test_p_has_the_rate_of_errors_it_promises() -> None:
    """Systems of equal quality: p is below 0.2 in a fifth of the trials."""
    trials = [
        randomisation_p(system(40, 0.6, 2, seed=2 * n), system(40, 0.6, 2, seed=2 * n + 1), 100, seed=n)[:2]
        for n in range(150)
    ]
    assert (np.array(trials) <= 0.2).mean(0) == pytest.approx(np.full(2, 0.2), abs=4 * np.sqrt(0.16 / 150))


def test_unequal_numbers_of_seeds_cannot_be_swapped() -> None:
    with pytest.raises(ValueError, match="got 1 and 2"):
        randomisation_p(system(5, 0.5, 1, seed=1), system(5, 0.5, 2, seed=1), 10, seed=1)
