"""Scores against seqeval and scikit-learn, on tags of every kind, illegal ones included."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.ner.data.bio import bio_labels
from pipeline.ner.scoring.scores import (
    METRICS,
    confusion_counts,
    count,
    entity_types,
    estimate,
    measures,
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


@given(PAIRS)
@settings(max_examples=50)
def test_entity_scores_are_seqevals(pairs: Pairs) -> None:
    from seqeval.metrics import classification_report, f1_score

    gold, predicted = ([[pair[side] for pair in sentence] for sentence in pairs] for side in (0, 1))
    counts, expected = count(*numbers(pairs), LABELS), {"entity_f1": 0, "entity_f1_macro": 0}
    report: dict[str, dict[str, float]] = {}
    if any(tag != "O" for tags in gold + predicted for tag in tags):  # seqeval fails on nothing at all
        for name, average in (("entity_f1", "micro"), ("entity_f1_macro", "macro")):
            expected[name] = f1_score(gold, predicted, average=average, zero_division=0)
        report = classification_report(gold, predicted, output_dict=True, zero_division=0)
    assert {name: score(counts)[name] for name in expected} == pytest.approx(expected)
    for row in score_types(counts, LABELS):
        figures = report.get(row.type, {"precision": 0, "recall": 0, "f1-score": 0, "support": 0})
        assert row[1:] == pytest.approx(tuple(figures.values()))


@given(PAIRS)
@settings(max_examples=50)
def test_token_f1_and_confusion_are_scikit_learns(pairs: Pairs) -> None:
    from sklearn.metrics import confusion_matrix, f1_score

    gold, predicted, lengths = numbers(pairs)
    labels = range(len(LABELS))
    expected = f1_score(gold, predicted, labels=labels[1:], average="weighted", zero_division=0)
    assert score(count(gold, predicted, lengths, LABELS))["token_f1"] == pytest.approx(expected)
    confusion = confusion_matrix(gold, predicted, labels=labels)
    assert np.array_equal(confusion_counts(gold, predicted, len(LABELS)), confusion)


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
    scores = score(count(*numbers(pairs), LABELS))
    assert (scores["entity_f1"], scores["token_f1"]) == pytest.approx((entity_f1, token_f1))


def test_types_and_measures_in_order() -> None:
    assert entity_types(LABELS) == ["PER", "LOC", "CW"]
    assert measures(LABELS) == ["token_f1", "entity_f1", "entity_f1_macro", "PER", "LOC", "CW"]


def test_the_interval_holds_the_score_and_is_reproducible() -> None:
    random = np.random.default_rng(1)
    gold = random.integers(len(LABELS), size=600)
    predicted = np.where(random.random(600) < 0.7, gold, random.integers(len(LABELS), size=600))
    counts = count(gold, predicted, np.full(120, 5), LABELS)
    first, again, other = (estimate([counts], 300, seed)[0, METRICS.index("entity_f1")] for seed in (1, 1, 2))
    assert first.tolist() == again.tolist() != other.tolist()
    value, low, high = first
    assert low < value == score(counts)["entity_f1"] < high
