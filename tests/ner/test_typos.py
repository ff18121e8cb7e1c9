"""Typos: where, how many, of what kind."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ner.typos import KINDS, LAYOUTS, NEIGHBOURS, apply_typos, draw_typos, find_words, misspell

FORMS = {kind.__name__: kind for kind in KINDS}
WORD = st.text("абвёМЩazQ", min_size=2, max_size=6)
ODD = ["в", "И", ",", "2012", "«", "Т-34", "5-й", "Нью-Йорк", "а\u0301х", "\u200b", "東京"]
TOKEN = st.one_of(WORD, st.sampled_from(ODD))
SENTENCES = st.lists(st.lists(TOKEN, min_size=1, max_size=6), max_size=6)


@pytest.mark.parametrize(
    ("kind", "word", "forms"),
    [
        ("swap", "Мама", "Амма Ммаа Маам"),
        ("swap", "аа-б", ""),
        ("drop", "Нью-Йорк", "Ью-Йорк Ню-Йорк Нь-Йорк Нью-Орк Нью-Йрк Нью-Йок Нью-Йор"),
        ("drop", "США", "ША СА СШ"),
        ("double", "Яна", "Яяна Янна Янаа"),
        ("double", "США-2", "ССША-2 СШША-2 СШАА-2"),
        ("replace", "Ёж", "Ёд Ёэ Ёз Ёх Ёю"),
        ("replace", "Pz", "Oz Lz Px Pa Ps"),
    ],
)
def test_every_form_of_a_kind(kind: str, word: str, forms: str) -> None:
    assert sorted(FORMS[kind](word)) == sorted(forms.split())


def test_neighbours_touch_each_other_within_an_alphabet() -> None:
    assert all(key in NEIGHBOURS[other] for key, others in NEIGHBOURS.items() for other in others)
    assert sorted(NEIGHBOURS["п"]) == sorted("еанрим") and sorted(NEIGHBOURS["g"]) == sorted("tyfhvb")
    russian, latin = (set("".join(rows)) for rows in LAYOUTS)
    for key, others in NEIGHBOURS.items():
        assert 2 <= len(set(others)) == len(others) <= 6
        assert set(others) <= (russian if key in russian else latin)


@given(WORD)
def test_a_typo_does_not_depend_on_case_and_is_one_in_any_case(word: str) -> None:
    for name, kind in FORMS.items():
        forms = list(kind(word))
        assert [form.lower() for form in forms] == list(kind(word.lower()))
        assert word.lower() not in (form.lower() for form in forms)
        assert all(abs(len(form) - len(word)) == (name in ("drop", "double")) and form for form in forms)


@given(SENTENCES, st.floats(0, 1), st.integers(0, 9))
def test_the_rate_is_met_exactly_and_everything_else_stays(sentences: list[list[str]], rate: float, seed: int) -> None:
    (typos,) = draw_typos(sentences, [rate], seed)
    words = find_words(sentences)
    assert len(typos) == round(rate * len(words))
    changed = apply_typos(sentences, typos)
    assert list(map(len, changed)) == list(map(len, sentences))
    differ = [(s, t) for s, row in enumerate(changed) for t, form in enumerate(row) if form != sentences[s][t]]
    assert sorted(differ) == sorted(typos)
    assert set(differ) <= set(words)
    assert draw_typos(sentences, [rate], seed) == [typos]


@given(TOKEN.filter(lambda token: bool(find_words([[token]]))), st.integers(0, 9))
def test_signs_digits_and_alphabet_are_kept(word: str, seed: int) -> None:
    form = misspell(word, Random(seed))
    assert [c for c in form if not c.isalpha()] == [c for c in word if not c.isalpha()]
    assert {script(c) for c in form if c.isalpha()} <= {script(c) for c in word if c.isalpha()}


def script(letter: str) -> str:
    return "cyrillic" if "а" <= letter.lower() <= "ё" else "latin" if letter.isascii() else letter


@pytest.mark.parametrize("token", ["в", "И", ",", "2012", "Т-34", "5-й", "\u200b", "...", "aß"])
def test_what_is_no_word_has_no_typo(token: str) -> None:
    assert draw_typos([[token]], [1.0], seed=1) == [{}]


def test_the_words_of_a_low_rate_are_misspelt_alike_at_a_higher_one() -> None:
    sentences = [["Москва", "стоит", "на", "реке"]] * 50
    low, high = draw_typos(sentences, [0.05, 0.2], seed=1)
    assert max(low)[0] > 9, "they are not the first ones"
    assert (len(low), len(high)) == (10, 40) and low.items() <= high.items()
    assert draw_typos(sentences, [0.05], seed=1) == [low] != draw_typos(sentences, [0.05], seed=2)


def test_every_kind_is_as_likely() -> None:
    (typos,) = draw_typos([["Москва"]] * 4000, [1.0], seed=1)
    of_kind = {form: kind for kind in KINDS for form in kind("Москва")}
    counts = Counter(of_kind[form] for form in typos.values())
    assert set(counts) == set(KINDS)
    # 4000 draws of 1/4: a deviation is 27.
    assert all(abs(number - 1000) < 4 * 27 for number in counts.values())
