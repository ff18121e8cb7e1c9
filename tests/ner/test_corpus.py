"""Splits, labels and predictions as files: round trips, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.ner.data.corpus import Sentence, read_labels, read_split, write_labels, write_split
from pipeline.ner.scoring.tested import parse_predictions, parse_seed, prediction_path, write_predictions

WORD = st.text(st.characters(exclude_characters="\t\n", exclude_categories=["Cs"]), min_size=1, max_size=4)
SENTENCE = st.lists(st.tuples(WORD, WORD, st.sampled_from(["O", "B-PER"])), min_size=1, max_size=4).map(
    lambda rows: Sentence(*(list(column) for column in zip(*rows, strict=True)))
)

LABELS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
LENGTHS = np.array([2, 1])


@given(sentences=st.lists(SENTENCE, max_size=4))
@settings(max_examples=40)
def test_a_split_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, sentences: list[Sentence]) -> None:
    path = tmp_path_factory.mktemp("corpus") / "train.tsv"
    write_split(path, sentences)
    assert list(read_split(path)) == sentences


def test_how_a_split_looks(tmp_path: Path) -> None:
    write_split(tmp_path / "test.tsv", [Sentence(["Россия", "!"], ["россия", "!"], ["B-LOC", "O"])])
    assert (tmp_path / "test.tsv").read_text() == "Россия\tроссия\tB-LOC\n!\t!\tO\n\n"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a\tO\n\n", r":1: found b'a\\tO\\n', expected UTF-8 in three fields"),
        (b"a\ta\tO\n\xff\ta\tO\n\n", r":2: found b'\\xff\\ta\\tO\\n', expected UTF-8 in three fields"),
        (b"a\ta\tO\n", "the file is cut off"),
    ],
)
def test_a_damaged_split_is_an_error(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "train.tsv").write_bytes(data)
    with pytest.raises(UserError, match=message):
        list(read_split(tmp_path / "train.tsv"))


def test_labels_come_back(tmp_path: Path) -> None:
    write_labels(tmp_path, LABELS)
    assert read_labels(tmp_path) == LABELS
    write_labels(tmp_path, ["O", "I-PER", "B-PER"])
    with pytest.raises(UserError, match=r"labels\.json: .*expected O, then B- and I- of every type"):
        read_labels(tmp_path)


def test_what_is_missing_says_which_stage_makes_it(tmp_path: Path) -> None:
    for read in (lambda: list(read_split(tmp_path / "train.tsv")), lambda: read_labels(tmp_path)):
        with pytest.raises(UserError, match="not found; run the stage that makes it: dvc repro corpora"):
            read()


@given(st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=6), min_size=1, max_size=6))
@settings(max_examples=40)
def test_predictions_come_back(tmp_path_factory: pytest.TempPathFactory, sentences: list[list[int]]) -> None:
    path = prediction_path(tmp_path_factory.mktemp("predictions"), "7")
    lengths = np.array([len(sentence) for sentence in sentences])
    tags = np.concatenate([np.array(sentence) for sentence in sentences])
    write_predictions(path, tags, lengths, LABELS)
    assert np.array_equal(parse_predictions(path.read_bytes(), "here", lengths, LABELS), tags)


def test_how_predictions_look(tmp_path: Path) -> None:
    write_predictions(prediction_path(tmp_path, "12"), np.array([1, 2, 0]), LENGTHS, LABELS)
    (file,) = tmp_path.iterdir()
    assert file.read_bytes() == b"B-PER I-PER\nO\n" and parse_seed(file.name) == "12"
    with pytest.raises(UserError, match=r"seed-x\.txt: is no file of predictions, expected seed-1\.txt"):
        parse_seed("seed-x.txt")


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
