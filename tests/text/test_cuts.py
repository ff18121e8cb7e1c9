"""Limits of ten and thirty characters, so that cases can be drawn; `|` is where a paragraph is cut."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.files.shards import Counts, Document
from pipeline.text import cuts, plaintext
from pipeline.text.cuts import cut_document, cut_paragraphs
from pipeline.text.plaintext import read_plaintext

SHORT, FEW = 10, 30


@pytest.fixture(autouse=True, scope="module")
def limits() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cuts, "PARAGRAPH", SHORT)
        patch.setattr(plaintext, "PARAGRAPH", SHORT)
        patch.setattr(cuts, "DOCUMENT", FEW)
        yield


@pytest.mark.parametrize(
    "case",
    [
        "а б в г д",
        "Аб вгд. |Еж зи к л",  # after the last sentence
        "Аб. вгд |ежзик л",  # at the last space, since the sentence ends too early
        "А. аб вг |д е",
        "абвгдежзик|лмн",  # inside a word
        "абвгдежзик| лмн",  # after a word
        "а бвгдежзи|клмн",
        "Вот так?! |Да… Нет! |Нет… и нет",
    ],
)
def test_drawn_cases(case: str) -> None:
    counts: Counts = Counter()
    pieces = case.split("|")
    assert list(cut_paragraphs([case.replace("|", "")], counts)) == [piece.strip() for piece in pieces]
    assert counts["paragraph_cuts"] == len(pieces) - 1
    assert counts["word_cuts"] == sum(not (a.endswith(" ") or b.startswith(" ")) for a, b in pairwise(pieces))


def test_the_parts_of_a_document_are_documents() -> None:
    counts: Counts = Counter()
    lines = ["а" * 9, "б" * 9, "в" * 9, "г" * 9, "д" * 9, "е" * 9, "ж" * 9]
    documents = list(cut_document("7", "Т", lines, counts))
    assert documents == [
        Document("7", "Т", lines[:3]),
        Document("7.2", "Т", lines[3:6]),
        Document("7.3", "Т", lines[6:]),
    ]
    assert counts == {"document_cuts": 2}
    assert list(cut_document("7", "Т", [], counts)) == []


TEXT = st.lists(
    st.sampled_from(["а", "бб", "в.", "г! ", " ", "\u00a0", "\n", "\r\n", "\n\n", "ы" * 25, "\u2028"]), max_size=60
)


@settings(max_examples=50)
@given(TEXT.map("".join), st.integers(1, 50))
def test_words_and_their_order_are_kept_whatever_the_chunks(
    tmp_path_factory: pytest.TempPathFactory, text: str, size: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "cuts.txt"
    path.write_bytes(text.encode())
    whole = read(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.text.reading.CHUNK", size)
        assert read(path) == whole
    documents, counts = whole
    lines = [line for document in documents for line in document.lines]
    assert all(len(line) <= SHORT for line in lines)
    assert all(sum(map(len, document.lines)) <= FEW for document in documents)
    assert "".join("".join(lines).split()) == "".join(text.split())
    words = [word for line in lines for word in line.split(" ")]
    assert counts["words_read"] == len(words) == len(text.split()) + counts["word_cuts"]
    assert counts["documents_read"] == len(documents)


def read(path: Path) -> tuple[list[Document], Counts]:
    counts: Counts = Counter()
    return list(read_plaintext(path, counts)), counts
