"""What a protocol drops."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ner.data.bio import bio_labels, bio_spans, repair
from pipeline.ner.data.cleaning import KEEPS, keep_tokens
from pipeline.ner.data.lines import RawSentence
from pipeline.protocol import TokenRule
from tests.ner.drawn import drawn

SENTENCE = st.lists(st.tuples(st.sampled_from(["да", ",", "Т-34", "5"]), st.sampled_from(bio_labels(["PER", "LOC"]))))


@pytest.mark.parametrize(
    ("sentence", "rest"),
    [
        ("Москва|B-LOC , столица", "Москва|B-LOC столица"),
        ("«|B-ORG Заря|I-ORG »|I-ORG победила", "Заря|B-ORG победила"),
        ("Иван|B-PER -|I-PER Пётр|I-PER", "Иван|B-PER Пётр|I-PER"),
        ("Иван|B-PER «|B-PER Пётр|I-PER", "Иван|B-PER Пётр|B-PER"),
        ("в Санкт-Петербурге|B-LOC", "в"),
        ("СССР|B-LOC 1917|O 1-й", "СССР|B-LOC 1917"),
    ],
)
def test_tokens_that_are_not_alphanumeric_go_and_their_entities_keep_the_rest(sentence: str, rest: str) -> None:
    assert keep_tokens(drawn(sentence), "alphanumeric") == drawn(rest)


def test_a_sentence_may_be_left_with_nothing() -> None:
    assert keep_tokens(drawn("... !"), "alphanumeric") == RawSentence([], [])


@given(SENTENCE)
def test_entities_neither_join_nor_split_and_order_stays(rows: list[tuple[str, str]]) -> None:
    tokens, tags = [token for token, _ in rows], repair([tag for _, tag in rows]).tags
    sentence = RawSentence(tokens, tags)
    assert keep_tokens(sentence, "all") == sentence
    rest = keep_tokens(sentence, "alphanumeric")
    assert rest.tokens == [token for token in tokens if token.isalnum()]
    assert repair(rest.tags) == (rest.tags, 0, 0)
    left = [(s.type, [t for t in tokens[s.start : s.stop] if t.isalnum()]) for s in bio_spans(tags)]
    assert [(s.type, rest.tokens[s.start : s.stop]) for s in bio_spans(rest.tags)] == [e for e in left if e[1]]


def test_every_rule_of_a_protocol_is_known() -> None:
    assert set(KEEPS) == set(get_args(TokenRule))
