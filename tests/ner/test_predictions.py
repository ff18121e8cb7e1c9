"""Files of predicted labels: a round trip, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.ner.scoring.tested import parse_predictions, parse_seed, prediction_path, write_predictions

LABELS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
LENGTHS = np.array([2, 1])


@given(st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=6), min_size=1, max_size=6))
@settings(max_examples=50, deadline=None)
def test_what_is_read_was_written(tmp_path_factory: pytest.TempPathFactory, sentences: list[list[int]]) -> None:
    path = prediction_path(tmp_path_factory.mktemp("predictions"), "7")
    lengths = np.array([len(sentence) for sentence in sentences])
    tags = np.concatenate([np.array(sentence) for sentence in sentences])
    write_predictions(path, tags, lengths, LABELS)
    assert np.array_equal(parse_predictions(path.read_bytes(), "here", lengths, LABELS), tags)


def test_a_sentence_a_line(tmp_path: Path) -> None:
    write_predictions(prediction_path(tmp_path, "12"), np.array([1, 2, 0]), LENGTHS, LABELS)
    (file,) = tmp_path.iterdir()
    assert file.read_bytes() == b"B-PER I-PER\nO\n" and parse_seed(file.name) == "12"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("O O\n", "here:2: found 0 labels, expected 1, one a token of the test split"),
        ("O O\nO\nO\n", "here:3: found 1 labels, expected 0"),
        ("O O\nO O\n", "here:2: found 2 labels, expected 1"),
        ("O O\nB-CW\n", "here: found label 'B-CW', expected one of O B-PER"),
    ],
)
def test_what_does_not_fit_the_test_split_is_refused(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        parse_predictions(text.encode(), "here", LENGTHS, LABELS)
