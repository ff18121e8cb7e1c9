from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.ner.data.corpus import Sentence, read_labels, read_split, write_labels, write_split

WORD = st.text(st.characters(exclude_characters="\t\n", exclude_categories=["Cs"]), min_size=1, max_size=4)
SENTENCE = st.lists(st.tuples(WORD, WORD, st.sampled_from(["O", "B-PER"])), min_size=1, max_size=4).map(
    lambda rows: Sentence(*(list(column) for column in zip(*rows, strict=True)))
)


@given(sentences=st.lists(SENTENCE, max_size=4))
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
    write_labels(tmp_path, ["O", "B-PER", "I-PER"])
    assert read_labels(tmp_path) == ["O", "B-PER", "I-PER"]


def test_what_is_missing_says_which_stage_makes_it(tmp_path: Path) -> None:
    for read in (lambda: list(read_split(tmp_path / "train.tsv")), lambda: read_labels(tmp_path)):
        with pytest.raises(UserError, match="not found; run the stage that makes it: dvc repro corpora"):
            read()
