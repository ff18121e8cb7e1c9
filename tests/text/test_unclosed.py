import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.dump.unclosed import count_unclosed
from pipeline.text.dump.wikitext import extract_paragraphs
from tests.text.cases import PIECES


@pytest.mark.parametrize(
    "wikitext, number",
    [
        ("{{т|[[а|б]]}} {|\n|а\n|} <!-- в --> <ref name=x>г</ref><ref /> [http://a б]<br>", 0),
        ("{{т|а=|}} {{{1|}}} [[а|[б]]] |} ]] }} </ref> --> ]", 0),
        ("<table>\n<tr><td>а\n<tr><td>б\n</table>", 0),  # they may stay open
        ("<p>а<li>б<option>в<colgroup>г" * 40, 0),
        ("{{а", 1),
        ("{{ [[а}} ]]", 1),
        ("[http://a\nб] [а]", 1),
        ("<ref name=<b>а</b>", 1),
        ("<div>" * 40 + "</div>" * 40, 0),
        ("<div>" * 42 + "</div>" * 42, 2),  # nested too deep
        ("<!-- <ref> {{ -->", 2),  # in a comment, which the parser reads too
    ],
)
def test_drawn_cases(wikitext: str, number: int) -> None:
    assert count_unclosed(wikitext) == number


OPENERS = ["{{", "[[", "{|", "<!--", "<div>", "[http://a "]
CLOSERS = ["}}", "]]", "|}", "-->", "</div>", "]"]


@given(st.lists(st.sampled_from(range(len(OPENERS))), max_size=30))
def test_what_is_nested_well_is_closed(nesting: list[int]) -> None:
    assert count_unclosed("".join("\n" + OPENERS[i] for i in nesting)) == len(nesting)
    # a link to the web ends with its line
    closed = [i for i in nesting if OPENERS[i] != "[http://a "]
    opened = "".join("\n" + OPENERS[i] for i in closed)
    assert count_unclosed(opened + "".join("\n" + CLOSERS[i] for i in reversed(closed))) == 0


SLOW = [pytest.mark.slow]
OPENINGS = [pytest.param(piece, marks=SLOW * (n % 3 > 0)) for n, piece in enumerate(PIECES["openings"])]


@pytest.mark.parametrize("piece", OPENINGS)
def test_time_grows_with_the_length_and_not_with_its_square(piece: str) -> None:
    """Eight times the text would take 64 times as long if time grew with the square."""

    def seconds(times: int) -> float:
        start = time.process_time()
        extract_paragraphs(piece * times + " конец", Counter())
        return time.process_time() - start

    short = max(min(seconds(100) for _ in range(3)), 0.001)
    assert any(seconds(800) / short < 24 for _ in range(3))
