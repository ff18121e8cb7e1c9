import random

import pytest

from pipeline.text.spelling import count_mixed


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
def test_drawn_cases(text: str, number: int) -> None:
    assert count_mixed(text) == number


def test_a_long_word_is_no_trouble() -> None:
    word = "".join(random.Random(1).choices("абвгд", k=100_000))
    assert count_mixed(f"{word} {word}z {word}") == 1
