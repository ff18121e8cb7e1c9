"""BIO tags, and what remains of them where a protocol drops tokens."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.ner.data.bio import Span, bio_labels, bio_spans, find_scheme, is_label, repair
from pipeline.ner.data.cleaning import KEEPS, keep_tokens
from pipeline.ner.data.lines import RawSentence
from pipeline.protocol import TokenRule
from tests.ner.drawn import drawn

LABELS = bio_labels(["PER", "LOC"])
TAGS = st.lists(st.sampled_from(LABELS), max_size=12)


def spans_bio(spans: list[Span], length: int) -> list[str]:
    """The way back: the tags of a sentence of `length` tokens."""
    tags = ["O"] * length
    for start, stop, type_ in spans:
        tags[start:stop] = [f"B-{type_}"] + [f"I-{type_}"] * (stop - start - 1)
    return tags


@pytest.mark.parametrize(
    ("sentence", "spans"),
    [
        ("Москва|B-LOC , столица|O", [(0, 1, "LOC")]),
        ("Нижний|B-LOC Новгород|I-LOC стоит", [(0, 2, "LOC")]),
        ("Иван|B-PER Пётр|B-PER", [(0, 1, "PER"), (1, 2, "PER")]),
        ("Иван|B-PER Москва|I-LOC", [(0, 1, "PER"), (1, 2, "LOC")]),
        ("в Нижнем|I-LOC Новгороде|I-LOC", [(1, 3, "LOC")]),
        ("дождь", []),
    ],
)
def test_spans_of_a_sentence(sentence: str, spans: list[tuple[int, int, str]]) -> None:
    assert bio_spans(drawn(sentence).tags) == [Span(*span) for span in spans]


@pytest.mark.parametrize(
    ("before", "after", "orphans", "type_changes"),
    [
        ("B-LOC I-LOC O", "B-LOC I-LOC O", 0, 0),
        ("I-LOC I-LOC O", "B-LOC I-LOC O", 1, 0),
        ("O I-PER I-PER", "O B-PER I-PER", 1, 0),
        ("B-PER I-LOC I-LOC", "B-PER B-LOC I-LOC", 0, 1),
        ("I-PER I-LOC I-PER", "B-PER B-LOC B-PER", 1, 2),
        ("B-LOC M-LOC E-LOC", "B-LOC I-LOC I-LOC", 0, 0),
        ("S-LOC E-LOC", "B-LOC B-LOC", 0, 1),
        ("E-LOC L-LOC I-PER", "B-LOC B-LOC B-PER", 1, 2),
        ("B-LOC O E-LOC", "B-LOC O B-LOC", 1, 0),
    ],
)
def test_repair_counts_what_it_repairs(before: str, after: str, orphans: int, type_changes: int) -> None:
    assert repair(before.split()) == (after.split(), orphans, type_changes)


SCHEMES = {
    "BIO": "B-PER I-PER O B-PER B-PER I-PER B-LOC O",
    "IOB1": "I-PER I-PER O I-PER B-PER I-PER I-LOC O",
    "IOBES": "B-PER E-PER O S-PER B-PER E-PER S-LOC O",
    "BILOU": "B-PER L-PER O U-PER B-PER L-PER U-LOC O",
    "BMEWO": "B-PER E-PER O W-PER B-PER E-PER W-LOC O",
}


@pytest.mark.parametrize("name", SCHEMES)
def test_every_scheme_is_known_and_is_bio_in_the_end(name: str) -> None:
    tags = SCHEMES[name].split()
    assert all(map(is_label, tags))
    assert find_scheme("x", [["O"], tags]) == name
    assert repair(tags).tags == SCHEMES["BIO"].split()
    assert bio_spans(tags) == bio_spans(SCHEMES["BIO"].split())


@pytest.mark.parametrize("label", ["", "B", "B-", "PER", "PER-B", "b-PER", "B_PER", "B-a b", "B-a|b", "B-" + "a" * 101])
def test_what_is_no_label(label: str) -> None:
    assert not is_label(label)


@pytest.mark.parametrize(
    ("tags", "scheme"),
    [
        ("I-LOC I-LOC O I-PER O", "IOB1"),
        ("I-LOC B-LOC O", "IOB1"),
        ("I-LOC O B-PER O", "BIO"),
        ("B-LOC B-LOC O", "BIO"),
        ("O O", "BIO"),
        ("B-LOC M-LOC E-LOC S-PER", "BMES"),
    ],
)
def test_which_scheme_it_is(tags: str, scheme: str) -> None:
    assert find_scheme("x", [tags.split()]) == scheme


def test_schemes_that_are_mixed_are_named() -> None:
    message = "x: found labels that begin with B, E, L, U, expected those of one scheme: BI"
    with pytest.raises(UserError, match=message):
        find_scheme("x", [["B-PER", "E-PER"], ["B-PER", "L-PER", "U-LOC"]])


@given(TAGS)
def test_repair_keeps_the_entities_and_these_give_the_tags_back(tags: list[str]) -> None:
    repaired = repair(tags).tags
    assert repair(repaired) == (repaired, 0, 0)
    assert bio_spans(repaired) == bio_spans(tags)
    assert spans_bio(bio_spans(repaired), len(repaired)) == repaired


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


@given(st.lists(st.tuples(st.sampled_from(["да", ",", "Т-34", "5"]), st.sampled_from(LABELS))))
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
