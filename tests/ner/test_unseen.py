"""F1 on unseen entities, against loops that are slow and obvious."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.ner.data.bio import bio_labels, bio_spans
from pipeline.ner.data.corpus import Sentence
from pipeline.ner.scoring.scores import METRICS, count, estimate, estimate_entities
from pipeline.ner.scoring.unseen import count_seen_and_unseen, entity_texts
from tests.ner.drawn import drawn

LABELS = bio_labels(["PER", "LOC"])
WORDS = ["Омск", "омск", "ОМСК", "Ока", "ока"]
ROWS = st.tuples(st.sampled_from(WORDS), st.sampled_from(LABELS), st.sampled_from(LABELS))
TEST = st.lists(st.lists(ROWS, min_size=1, max_size=6), min_size=1, max_size=5)
"""Sentences of tokens with a gold and a predicted tag."""
TRAIN = st.lists(st.lists(ROWS, min_size=1, max_size=4), max_size=3)


def numbers(tags: list[list[str]]) -> np.ndarray:
    return np.array([LABELS.index(tag) for sentence in tags for tag in sentence])


def entities(tokens: list[str], tags: list[str]) -> list[tuple[int, int, str, str]]:
    """The entities of a sentence, each with its text."""
    spans = bio_spans(tags)
    return [(*span, " ".join(token.lower() for token in tokens[span.start : span.stop])) for span in spans]


@given(TRAIN, TEST)
@settings(max_examples=150)
def test_counts_and_f1_are_those_of_a_loop(
    train: list[list[tuple[str, ...]]], test: list[list[tuple[str, ...]]]
) -> None:
    train_columns = [[[*column] for column in zip(*sentence, strict=True)] for sentence in train]
    known = {text for tokens, gold, _ in train_columns for *_, text in entities(tokens, gold)}
    columns = [[[*column] for column in zip(*sentence, strict=True)] for sentence in test]
    expected: tuple[list[list[int]], list[list[int]]] = [], []  # of unseen, of seen
    for tokens, gold, predicted in columns:
        for kind, rows in enumerate(expected):
            right, said = ([x for x in entities(tokens, y) if (x[-1] in known) == kind] for y in (gold, predicted))
            rows.append([len([x for x in said if x in right]), len(right), len(said)])

    seen = entity_texts(Sentence(tokens, tokens, tags) for tokens, tags, _ in train_columns)
    assert seen == known
    sentences = [tokens for tokens, _, _ in columns]
    gold_tags, predicted_tags = (numbers([sentence[side] for sentence in columns]) for side in (1, 2))
    lengths = np.array([len(tokens) for tokens in sentences])
    of_seen, counts = count_seen_and_unseen(gold_tags, predicted_tags, lengths, LABELS, sentences, seen)
    assert (counts.sum(-1).tolist(), of_seen.sum(-1).tolist()) == expected

    hits, *both = (sum(row[column] for row in expected[0]) for column in range(3))
    value, low, high = estimate_entities([counts.sum(-1)[..., None]], 20, 1)[-1, 0]
    assert value == pytest.approx(2 * hits / sum(both) if sum(both) else 0)
    assert low <= high


def test_an_entity_is_seen_in_any_case_and_of_any_type_but_not_as_a_part_of_another() -> None:
    train = [drawn("Нижний|B-LOC Новгород|I-LOC и Волга|B-PER")]
    seen = entity_texts(Sentence(tokens, tokens, tags) for tokens, tags in train)
    test = drawn("нижний|B-LOC НОВГОРОД|I-LOC Новгород|B-LOC и ВОЛГА|B-LOC и|B-LOC")
    tags = numbers([test.tags])
    _, counts = count_seen_and_unseen(tags, tags, np.array([len(tags)]), LABELS, [test.tokens], seen)
    assert counts.tolist() == [[[0, 2]] * 3]  # Новгород and и


def test_where_nothing_is_unseen_the_score_is_0_as_of_nothing_at_all() -> None:
    test = drawn("Омск|B-LOC стоит")
    tags = numbers([test.tags])
    _, counts = count_seen_and_unseen(tags, tags, np.array([2]), LABELS, [test.tokens], {"омск"})
    assert estimate_entities([counts.sum(-1)[..., None]], 20, 1).tolist() == [[[0, 0, 0]]] * 2


def test_every_column_is_scored_on_the_sentences_that_the_other_scores_are_scored_on() -> None:
    """The counts of all entities therefore give entity F1 with its very interval."""
    random = np.random.default_rng(1)
    gold, *guesses = random.integers(len(LABELS), size=(3, 200))
    counts = [count(gold, predicted, np.full(40, 5), LABELS) for predicted in guesses]
    columns = [np.stack([x.entities.sum(-1), x.entities[..., 1]], -1) for x in counts]
    estimates = estimate_entities(columns, 70, 3)
    expected = estimate(counts, 70, 3)
    assert np.array_equal(estimates[:, 0], expected[:, METRICS.index("entity_f1")])
    assert np.array_equal(estimates[:, 1], expected[:, len(METRICS) + 1])  # of the second type
