"""A case is one line: sentences end at `/` or `|`, fragments at `|`; at most four words a fragment."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.files.shards import Counts, Document
from pipeline.stages.fragments import pack_document, pack_sentences
from pipeline.text.contamination import SentenceIndex

NO_TESTS = SentenceIndex([])


@pytest.mark.parametrize(
    "case", ["а / б в / г | д", "а б в г | д", "а б в | г д", "а | б в г д | е / ж", "а б / в г | д е / ж з", "а"]
)
def test_drawn_cases(case: str) -> None:
    sentences = case.replace(" | ", " / ").split(" / ")
    fragments = case.replace(" / ", " ").split(" | ")
    assert list(pack_sentences(sentences, words=4)) == fragments


def test_a_long_sentence_is_dropped_and_counted() -> None:
    counts: Counts = Counter()
    result = pack_document(3, NO_TESTS, True, Document("1", "", ["а б", "а б в г", "д"]), counts)
    assert result and result.lines == ["а б д"]
    assert counts == {
        "documents_read": 1,
        "documents_kept": 1,
        "documents_dropped_empty": 0,
        "sentences_read": 3,
        "sentences_kept": 2,
        "sentences_dropped_long": 1,
        "sentences_dropped_in_tests": 0,
        "sentences_in_tests": 0,
        "fragments": 1,
        "words_read": 7,
        "words_kept": 3,
        "words_dropped_long": 4,
        "words_dropped_in_tests": 0,
    }


def test_a_document_of_long_sentences_is_dropped_and_counted() -> None:
    counts: Counts = Counter()
    assert pack_document(1, NO_TESTS, True, Document("1", "", ["а б"]), counts) is None
    assert (counts["documents_dropped_empty"], counts["sentences_dropped_long"]) == (1, 1)


SENTENCES = st.lists(st.integers(1, 12).map(lambda n: " ".join(f"с{i}" for i in range(n))), max_size=30)


@given(SENTENCES, st.integers(1, 15))
def test_properties(sentences: list[str], words: int) -> None:
    counts: Counts = Counter()
    result = pack_document(words, NO_TESTS, True, Document("1", "", sentences), counts)
    fragments = result.lines if result else []
    short = [sentence for sentence in sentences if len(sentence.split()) <= words]
    assert all(len(fragment.split()) <= words for fragment in fragments)
    assert " ".join(fragments) == " ".join(short)
    assert counts["sentences_read"] == counts["sentences_kept"] + counts["sentences_dropped_long"]
    assert counts["words_read"] == counts["words_kept"] + counts["words_dropped_long"]
    assert counts["words_kept"] == sum(len(fragment.split()) for fragment in fragments)
    for fragment in fragments:  # greedy: none could take the next sentence
        taken: list[str] = []
        while " ".join(taken) != fragment:
            taken.append(short.pop(0))
        assert not short or len(fragment.split()) + len(short[0].split()) > words
