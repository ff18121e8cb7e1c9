from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.whitespace import count_words, fold

SPACES = "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f\x20\x85\xa0\u1680\u2000\u2009\u200a\u2028\u2029\u202f\u205f\u3000"


def test_every_kind_of_white_space_becomes_one_space() -> None:
    for space in SPACES:
        assert fold(f"{space}в{space}{space}Крыму{space}") == "в Крыму", hex(ord(space))


def test_invisible_characters_that_are_not_white_space_stay() -> None:
    for character in "\u200b\u200c\u200d\u2060\ufeff\xad\x00":
        assert fold(f"а{character}б {character}") == f"а{character}б {character}", hex(ord(character))


@given(st.text())
def test_folding_is_final_and_keeps_the_words(text: str) -> None:
    folded = fold(text)
    assert folded.split(" ") == (text.split() or [""])
    assert fold(folded) == folded
    assert count_words(folded) == len(text.split())
    assert len(folded.splitlines()) <= 1
