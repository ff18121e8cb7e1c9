"""Text with gaps, as `_`, on the left, closed up on the right."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.dump.gaps import GAP, close_up

CASES = [
    ("а _ б _ _, в _. г_д", "а б, в. гд"),
    ("а (_) б [ _ ] в «_», г („_”) д", "а б в, г д"),
    ("а ((_, _); _), б", "а, б"),
    ("а (_; б) в (г, _) д (е: _; ё)", "а (б) в (г) д (е; ё)"),
    ("а, _, б; _. в: _ — г", "а, б. в: — г"),
    ("а — _ — б — _, в", "а — б, в"),
    ('а "_" б "в" _ "г"', 'а б "в" "г"'),
    ("_, а\n_\n; б\n(_)\nв _", "а\n\n; б\n\nв"),
    ("( ) , а « » ( , ) б ,, в", "( ) , а « » ( , ) б ,, в"),
    ("_", ""),
    ("", ""),
]


@pytest.mark.parametrize("text, expected", CASES, ids=[text for text, _ in CASES])
def test_drawn_cases(text: str, expected: str) -> None:
    assert close_up(text.replace("_", GAP)) == expected


@given(st.text('аб ()[]«»„“”,;:.—–"\n\xa0' + GAP))
def test_only_marks_and_spaces_next_to_a_gap_go(text: str) -> None:
    closed = close_up(text)
    assert GAP not in closed and (GAP in text or closed == text)
    assert [c for c in closed if c.isalpha() or c == "\n"] == [c for c in text if c.isalpha() or c == "\n"]


@given(st.text("аб ().,", max_size=20))
def test_what_is_far_from_a_gap_stays(text: str) -> None:
    assert close_up(f"{text}слово{GAP}слово{text}") == f"{text}словослово{text}"
