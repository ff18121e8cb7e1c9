"""Scores against seqeval and scikit-learn, on tags of every kind, illegal ones included."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics import classification_report
from seqeval.metrics import f1_score as seqeval_f1
from sklearn.metrics import confusion_matrix
from sklearn.metrics import f1_score as sklearn_f1

from pipeline.ner.data.bio import bio_labels
from pipeline.ner.scoring.scores import (
    METRICS,
    Counts,
    bootstrap,
    confusion_counts,
    count,
    entity_types,
    estimate,
    score,
    score_types,
)
from tests.ner.drawn import drawn

LABELS = bio_labels(["PER", "LOC", "CW"])

Pairs = list[list[tuple[str, str]]]
TAG = st.sampled_from(LABELS)
PAIRS = st.lists(st.lists(st.tuples(TAG, TAG), min_size=1, max_size=8), min_size=1, max_size=6)


@pytest.fixture(autouse=True)
def _silence_oracles() -> None:
    warnings.filterwarnings("ignore", module="seqeval|sklearn|numpy")


def numbers(pairs: Pairs) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    flat = np.array([[LABELS.index(tag) for tag in pair] for sentence in pairs for pair in sentence])
    return flat[:, 0], flat[:, 1], np.array([len(sentence) for sentence in pairs])


def columns(pairs: Pairs) -> tuple[list[list[str]], list[list[str]]]:
    return [[gold for gold, _ in s] for s in pairs], [[predicted for _, predicted in s] for s in pairs]


@given(PAIRS)
@settings(max_examples=60, deadline=None)
def test_entity_scores_are_seqevals(pairs: Pairs) -> None:
    gold, predicted = columns(pairs)
    found = score(count(*numbers(pairs), LABELS))
    if any(tag != "O" for tags in gold + predicted for tag in tags):  # seqeval fails on nothing at all
        assert found["entity_f1"] == pytest.approx(seqeval_f1(gold, predicted, zero_division=0))
        macro = seqeval_f1(gold, predicted, average="macro", zero_division=0)
        assert found["entity_f1_macro"] == pytest.approx(macro)


@given(PAIRS)
@settings(max_examples=30, deadline=None)
def test_scores_of_types_are_seqevals(pairs: Pairs) -> None:
    report = classification_report(*columns(pairs), output_dict=True, zero_division=0) if _tagged(pairs) else {}
    for row in score_types(count(*numbers(pairs), LABELS), LABELS):
        expected = report.get(row.type, {"precision": 0, "recall": 0, "f1-score": 0, "support": 0})
        assert [row.precision, row.recall, row.f1, row.support] == pytest.approx(list(expected.values()))


@given(PAIRS)
@settings(max_examples=60, deadline=None)
def test_token_f1_is_scikit_learns(pairs: Pairs) -> None:
    gold, predicted, lengths = numbers(pairs)
    labels = list(range(1, len(LABELS)))
    expected = sklearn_f1(gold, predicted, labels=labels, average="weighted", zero_division=0)
    assert score(count(gold, predicted, lengths, LABELS))["token_f1"] == pytest.approx(expected)


@given(PAIRS)
@settings(max_examples=20, deadline=None)
def test_confusion_is_scikit_learns(pairs: Pairs) -> None:
    gold, predicted, _ = numbers(pairs)
    expected = confusion_matrix(gold, predicted, labels=range(len(LABELS)))
    assert np.array_equal(confusion_counts(gold, predicted, len(LABELS)), expected)


@pytest.mark.parametrize(
    ("gold", "predicted", "entity_f1", "token_f1"),
    [
        ("Нижний|B-LOC Новгород|I-LOC", "Нижний|B-LOC Новгород|I-LOC", 1, 1),
        ("Нижний|B-LOC Новгород|I-LOC", "Нижний|I-LOC Новгород|I-LOC", 1, 1 / 3),
        ("Нижний|B-LOC Новгород|I-LOC", "Нижний|B-LOC Новгород", 0, 1 / 2),
        ("Нижний|B-LOC Новгород|I-LOC", "Нижний|B-PER Новгород|I-PER", 0, 0),
        ("Москва|B-LOC и Иван|B-PER", "Москва|B-LOC и Иван", 2 / 3, 1 / 2),
        ("дождь", "дождь", 0, 0),
    ],
)
def test_scores_drawn(gold: str, predicted: str, entity_f1: float, token_f1: float) -> None:
    pairs = [list(zip(drawn(gold).tags, drawn(predicted).tags, strict=True))]
    found = score(count(*numbers(pairs), LABELS))
    assert (found["entity_f1"], found["token_f1"]) == pytest.approx((entity_f1, token_f1))


def test_an_entity_ends_with_its_sentence() -> None:
    counts = count(np.array([1, 2, 2]), np.array([1, 2, 2]), np.array([2, 1]), LABELS)
    assert counts.entities[:, :, 0].tolist() == [[1, 1, 1], [1, 1, 1]]


def test_types_in_order() -> None:
    assert entity_types(LABELS) == ["PER", "LOC", "CW"]


@pytest.fixture
def counts() -> Counts:
    random = np.random.default_rng(1)
    gold = random.integers(len(LABELS), size=600)
    predicted = np.where(random.random(600) < 0.7, gold, random.integers(len(LABELS), size=600))
    return count(gold, predicted, np.full(120, 5), LABELS)


def test_bootstrap_resamples_whole_sentences(counts: Counts) -> None:
    (values,) = bootstrap([counts], 70, seed=3)
    random = np.random.default_rng(3)
    # The same by hand; 50 draws come at a time.
    draws = np.concatenate([random.integers(120, size=(number, 120)) for number in (50, 20)])
    for index in (0, 49, 50, 69):
        drawn_counts = Counts(*(array[draws[index]] for array in counts))
        assert dict(zip(METRICS, values[index], strict=False)) == pytest.approx(score(drawn_counts))


def test_the_interval_holds_the_score_and_is_reproducible(counts: Counts) -> None:
    first, again, other = (estimate([counts], 300, seed)[0, METRICS.index("entity_f1")] for seed in (1, 1, 2))
    assert first.tolist() == again.tolist() != other.tolist()
    value, low, high = first
    assert low < value == score(counts)["entity_f1"] < high


def _tagged(pairs: Pairs) -> bool:
    return any(tag != "O" for sentence in pairs for pair in sentence for tag in pair)
