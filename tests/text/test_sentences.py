"""A case is one line; `|` is where a sentence ends."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.files.shards import Counts, Document
from pipeline.text.sentences import split_by_razdel, split_document
from pipeline.text.whitespace import fold


@pytest.mark.parametrize(
    "case",
    [
        "В Крыму тепло. | В Москве дождь.",
        "Об этом сообщил А. С. Иванов. | Других данных нет!",
        "В г. Чебоксары, ул. Ленина, д. 5, прошёл митинг.",
        "«Мы готовы», — сказал он. | Так и было...",
        "В 2012 г. рост составил 3.5 процента. | Что дальше?",
        "без знаков препинания",
    ],
)
def test_drawn_cases(case: str) -> None:
    result = split_document(split_by_razdel, Document("1", "", [case.replace(" | ", " ")]), Counter())
    assert result is not None and result.lines == case.split(" | ")


def test_a_heading_is_a_sentence_of_its_own_because_paragraphs_are_split_one_by_one() -> None:
    counts: Counts = Counter()
    document = Document("1", "", ["Погода", "В Крыму тепло. В Москве дождь."])
    result = split_document(split_by_razdel, document, counts)
    assert result and result.lines == ["Погода", "В Крыму тепло.", "В Москве дождь."]
    assert counts == {
        "documents_read": 1,
        "documents_kept": 1,
        "documents_dropped_empty": 0,
        "paragraphs_read": 2,
        "sentences": 3,
        "words_read": 7,
        "words": 7,
    }


@given(st.lists(st.text(alphabet=st.sampled_from("аБ1 .!?«»()-—…\u200b\"';:"), max_size=60).map(fold)))
def test_no_word_is_lost_or_moved(paragraphs: list[str]) -> None:
    paragraphs = [paragraph for paragraph in paragraphs if paragraph]
    counts: Counts = Counter()
    result = split_document(split_by_razdel, Document("1", "", paragraphs), counts)
    lines = result.lines if result else []
    assert " ".join(lines) == " ".join(paragraphs)
    assert counts["words"] == counts["words_read"] == sum(len(p.split()) for p in paragraphs)
    assert counts["documents_read"] == counts["documents_kept"] + counts["documents_dropped_empty"] == 1
