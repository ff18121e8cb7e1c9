"""Lemmas as the text of a published ELMo has them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.lm.encoders.chars import char_ids
from pipeline.lm.lemmas import spell
from pipeline.lm.settings import Reading

DRAWN = """
2019 -> xxxx
7 -> x
2019-й -> 2019-й
3,5 -> 3,5
москва -> москва
санкт_петербург -> санктпетербург
«правда» -> правда
правда. -> правда
г.! -> г.
т.е. -> т.е
. -> .
… -> ...
« -> "
” -> "
— -> --
кто‑то -> кто-то
О’Нил -> о"нил
_ -> _
"""


@pytest.mark.parametrize("line", DRAWN.strip().splitlines())
def test_rusvectores(line: str) -> None:
    lemma, expected = line.split(" -> ")
    assert spell(lemma, "rusvectores") == expected


@given(st.text(min_size=1))
def test_no_lemma_becomes_empty(lemma: str) -> None:
    assert spell(lemma, "rusvectores") and spell(lemma, "plain") == lemma


def test_the_characters_are_those_of_the_spelling() -> None:
    plain, theirs = (Reading(characters=50, marks=True, lemmas=lemmas) for lemmas in ("plain", "rusvectores"))
    assert (char_ids(["12", "</S>"], theirs) == char_ids(["xx", "</S>"], plain)).all()
