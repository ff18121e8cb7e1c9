import unicodedata

import pytest

from pipeline.errors import TEXT, printable
from pipeline.report.counts import Flow, read_flows
from pipeline.report.pages.blocks import Fact, Heading, Section, Table
from pipeline.report.pages.render import PAGE, render_page
from pipeline.report.tables import decimal, integer, markdown, markdown_page, percent, plain, score

CONTROLS = "\x1b]0;pwned\x07\x1b[2J\x00\x7f\x85\x9b31m\r\u061c\u200e\u200f\u2028\u202a\u202e\u2066\u2069\ufeff\ud83d"
"""What sets a terminal's title, colours or direction of writing, or hides, or is no character."""
SPACED = "95\xa0%\u2009±\u202f1 со\xadтня 👨\u200d👩\u200d👧"


def test_what_commands_a_terminal_is_shown_and_what_a_text_has_stays() -> None:
    assert printable(SPACED, TEXT) == SPACED and printable("а\n\tб", TEXT) == "а\n\tб"
    assert printable("а\n\x1b\u202eб") == r"а\n\x1b\u202eб"
    shown = printable(CONTROLS, TEXT)
    assert (
        shown.isascii()
        and shown.isprintable()
        and shown.startswith(r"\x1b]0;pwned\x07\x1b[2J\x00\x7f\x85\x9b31m\r\u061c")
    )


def test_no_page_has_control_characters() -> None:
    table = Table([f"A{CONTROLS}", "B"], [[f"<b>{CONTROLS}", "line\nline"]])
    sections = [Section(f"title {CONTROLS}", [f"text {CONTROLS}", Heading(CONTROLS), table])]
    html = render_page(
        PAGE, title=CONTROLS, warning=CONTROLS, lead=[CONTROLS, SPACED], facts=[Fact(CONTROLS, CONTROLS, CONTROLS)],
        sections=sections, pictures={},
    )  # fmt: skip
    md = markdown_page([f"# {CONTROLS}", SPACED, markdown(table.header, table.rows)])
    for page in (html, md):
        page.encode()
        controls = {c for c in page if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
        assert controls <= {"\n", "\xad", "\u200d"} and r"\x1b]0;pwned\x07" in page and SPACED in page
    assert "<b>" not in html and r"line\nline" in md


def test_markdown_aligns_text_left_and_numbers_right() -> None:
    assert markdown(["Set", "F1"], [["wikineural", "0.100"], ["all", "1.000"]]).splitlines() == [
        "| Set        |    F1 |",
        "|:-----------|------:|",
        "| wikineural | 0.100 |",
        "| all        | 1.000 |",
    ]


def test_plain_has_no_lines() -> None:
    assert plain(["set", "f1"], [["wikineural", "0.100"]]).splitlines() == ["set            f1", "wikineural  0.100"]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (integer(1234567), "1,234,567"),
        (integer(0), "0"),
        (integer(None), "–"),
        (decimal(1234.567, 1), "1,234.6"),
        (score(0.76349), "0.763"),
        (percent(0.0123), "1.2 %"),
        (percent(0.0001), "under 0.1 %"),
        (percent(0.0), "0.0 %"),
        (percent(None), "–"),
    ],
)
def test_numbers_for_people(found: str, expected: str) -> None:
    assert found == expected


def test_flows_go_from_documents_to_tokens_and_keep_the_reasons() -> None:
    counts = {
        "tokens": 90,
        "documents_read": 10,
        "documents_kept": 7,
        "documents_dropped_other_namespace": 3,
        "documents_dropped_redirect": 0,
        "words_read": 88,
        "something_new": 1,
    }
    assert list(read_flows(counts)) == [
        Flow("documents", 10, {"other namespace": 3}, 7),
        Flow("words", 88, {}, None),
        Flow("tokens", None, {}, 90),
        Flow("something new", None, {}, 1),
    ]


def test_mark_up_has_a_row_of_its_own() -> None:
    counts = {"documents_read": 2, "documents_kept": 2, "dropped_templates": 5, "dropped_files_and_galleries": 1}
    assert list(read_flows(counts | {"dropped_tables": 0})) == [
        Flow("documents", 2, {}, 2),
        Flow("markup", 6, {"files and galleries": 1, "templates": 5}, 0),
    ]
