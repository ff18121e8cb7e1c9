"""NFC with places, and stress marks; `|` in a drawn word is a combining acute, `\\` a combining grave."""

import random
import time
from itertools import pairwise
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.spelling import compose, compose_aligned, count_composed, count_mixed, count_stressed, remove_stress
from pipeline.text.udpipe import Lemmatizer

LETTERS = [*"аеийёгкéaÅẛ\u2126\ufb2a\u0f43\u0dd9\u0dcf", *"\u0301\u0300\u0306\u0308\u0323\u0307\u0344"]
JAMO = ["\u1112", "\u1161", "\u11ab", "가", "\u11a8"]
TEXT = st.text(st.sampled_from([*LETTERS, *JAMO, " ", "-", ".", "\u00a0"]) | st.characters(), max_size=12)


@pytest.mark.parametrize(
    "case",
    [
        "доро|га -> дорога",
        "О|льга Ко\\сте|нко -> Ольга Костенко",
        "ё|лка й| -> ёлка й",
        "ѐ ѝ Ѐ Ѝ -> е и Е И",
        "José и Пётр -> José и Пётр",
        "ѓ ќ -> ѓ ќ",
        "Cafe| -> Cafe|",
        "| -> |",
        "о||н -> он",
    ],
)
def test_stress_marks_go_from_cyrillic_letters_and_no_others(case: str) -> None:
    given_text, expected = case.replace("|", "\u0301").replace("\\", "\u0300").split(" -> ")
    assert remove_stress(given_text) == expected


@pytest.mark.parametrize("word", ["ёлка", "чайка", "ѓеврек", "José"])
def test_a_letter_and_its_stress_in_nfd_is_that_letter(word: str) -> None:
    assert remove_stress(compose(normalize("NFD", word))) == word


def test_words_that_change_are_counted() -> None:
    text = f"{normalize('NFD', 'зелёный чай')} и {normalize('NFD', 'йод')}"
    assert (count_composed(text), count_composed(compose(text)), count_composed("")) == (3, 0, 0)
    assert count_stressed("сто\u0301ит столи\u0301ца и José") == 2
    assert count_stressed("столица") == 0


@given(TEXT)
def test_text_is_put_into_nfc_and_every_character_keeps_its_place(text: str) -> None:
    composed, positions = compose_aligned(text)
    assert composed == normalize("NFC", text)
    assert len(positions) == len(composed) + 1 and positions[-1] == len(text)
    cuts = sorted({0, *positions})
    assert "".join(compose(text[i:j]) for i, j in pairwise(cuts)) == composed
    assert all(i <= j for i, j in pairwise(positions))


def test_thousands_of_marks_and_long_texts_take_no_time() -> None:
    started = time.process_time()
    for text in ("и" + "\u0301\u0323" * 25_000, "чай " * 50_000):
        assert compose(normalize("NFD", text[:2000])) == normalize("NFC", text[:2000])
        compose_aligned(text), count_composed(text)
    assert time.process_time() - started < 5


def test_each_character_keeps_the_place_of_its_letter() -> None:
    text = normalize("NFD", "чай йод")  # ч а и ̆ _ и ̆ о д
    assert compose_aligned(text) == ("чай йод", [0, 1, 2, 4, 5, 7, 8, 9])
    assert [*compose_aligned("чай")[1]] == [0, 1, 2, 3]
    assert [*compose_aligned("q\u0344б")[1]] == [0, 0, 0, 2, 3]  # q ̈ ́ б


def test_neither_form_nor_stress_makes_another_lemma(lemmatizer: Lemmatizer) -> None:
    tokens = ["Короле\u0301в", "встре\u0301тил", "Алекса\u0301ндру", "в", "Туле"]
    plain = [remove_stress(token) for token in tokens]
    assert lemmatizer.lemmatize_tokens(tokens) == lemmatizer.lemmatize_tokens(plain)
    assert lemmatizer.lemmatize_text(" ".join(tokens).lower()) == lemmatizer.lemmatize_text(" ".join(plain).lower())


@pytest.mark.parametrize(
    "text, number",
    [
        ("Причeм тут Mосква", 2),  # Latin e and M
        ("IT-отдел купил iPhone, Windows и «Ё»", 0),
        ("B2B-услуги 5G и Wi-Fi", 0),
        ("cёmga", 1),
        ("тeлeвизор", 1),  # a word counts once
        ("éа ÿ×ж Ѳa", 2),
        ("", 0),
    ],
)
def test_words_of_two_scripts(text: str, number: int) -> None:
    assert count_mixed(text) == number


def test_a_long_word_of_two_scripts_is_no_trouble() -> None:
    word = "".join(random.Random(1).choices("абвгд", k=100_000))
    assert count_mixed(f"{word} {word}z {word}") == 1
