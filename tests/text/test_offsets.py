"""Tokens and where they stand."""

import re
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.text.offsets import split_spaces, split_text
from pipeline.text.spelling import compose
from tests.text.cases import PIECES

ODD = st.sampled_from([*PIECES["places"], "\ud800"])
TEXT = st.lists(ODD | st.text(max_size=3), max_size=40).map("".join)


@pytest.mark.parametrize(
    "case",
    [
        "Он\u00a0уехал.\r\nВ Санкт-Петербург! -> Он|уехал|. В|Санкт-Петербург|!",
        "Москва\u0301, при\u00adвет и Мо\u0301сква -> Москва\u0301|,|при\u00adвет|и|Мо\u0301сква",
        "👩\u200d👧 и İstanbul -> 👩\u200d👧|и|İstanbul",
        "Иванов И.И. приехал. Он болен. -> Иванов|И|.|И|.|приехал|. Он|болен|.",
        " \u2028 -> ",
    ],
)
def test_sentences_and_tokens(case: str) -> None:
    text, drawn = case.split(" -> ")
    assert " ".join("|".join(token.form for token in sentence) for sentence in split_text(text)) == drawn


@example("а \u0340\u0340e- б")  # marks that would compose with the white space before them
@given(TEXT)
def test_a_token_is_a_piece_of_the_text_and_nothing_is_lost(text: str) -> None:
    tokens = [token for sentence in split_text(text) for token in sentence]
    position, pieces = 0, []
    for token in tokens:
        assert position <= token.start < token.stop and compose(text[token.start : token.stop]) == token.form
        assert token.form.split() == [token.form]
        pieces.append(text[token.start : token.stop])
        position = token.stop
    assert re.sub(r"\s", "", "".join(pieces)) == re.sub(r"\s", "", text)


@given(TEXT)
def test_given_tokens_stay_as_they_are(text: str) -> None:
    sentences = list(split_spaces(text))
    lines = [line.split(" ") for line in text.replace("\r\n", "\n").split("\n")]
    expected = [[compose(form) for form in line if form] for line in lines]
    assert [[token.form for token in sentence] for sentence in sentences] == [line for line in expected if line]
    assert all(compose(text[x.start : x.stop]) == x.form for sentence in sentences for x in sentence)


SENTENCE = "Тёплый май. Андрей Коро\u0301лёв пришёл в «Зелёный чай», 3-й подъезд!"


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKD"])
def test_tokens_are_the_same_in_any_form_and_know_their_places(form: Any) -> None:
    text = normalize(form, SENTENCE)
    sentences = list(split_text(text))
    assert [[token.form for token in s] for s in sentences] == [[t.form for t in s] for s in split_text(SENTENCE)]
    assert all(compose(text[token.start : token.stop]) == token.form for s in sentences for token in s)
