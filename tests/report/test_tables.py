"""Numbers, tables and sentences as text, whatever is in them."""

import unicodedata
from pathlib import Path

import pytest

from pipeline.errors import printable
from pipeline.report.counts import Flow, read_flows
from pipeline.report.pages.blocks import Annotation, Example, Markdown, code, mark, table
from pipeline.report.pages.render import render_html, render_markdown
from pipeline.report.tables import decimal, integer, markdown, percent, plain, score
from tests.pages import Page

CONTROLS = "\x1b]0;pwned\x07\x1b[2J\x00\x7f\x85\x9b31m\r\u061c\u200e\u200f\u2028\u202a\u202e\u2066\u2069\ufeff\ud83d"
"""What sets a terminal's title, colours or direction of writing, or hides, or is no character."""
SPACED = "95\xa0%\u2009±\u202f1 со\xadтня 👨\u200d👩\u200d👧"


def test_no_page_has_control_characters(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("# {{ title }}\n\n{{ text }}\n\n{{ block }}\n")
    cells = table([f"A{CONTROLS}", "B"], [[f"<b>{CONTROLS}", "line\nline"]])
    text = Markdown(CONTROLS + SPACED)
    md = render_markdown(tmp_path / "page.md", title=CONTROLS, text=text, block=cells)
    html = render_html(md, {})
    for page in (html, md):
        page.encode()
        controls = {c for c in page if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
        assert controls <= {"\n", "\xad", "\u200d"} and r"\x1b]0;pwned\x07" in page.replace("\\]", "]")
        assert SPACED in page
    assert "<b>" not in html and r"line\nline" in html


HOSTILE = [
    *("<script>alert(1)</script>", "</td></table>", "<!--", "&amp;", "&#60;b&#62;", "\"'>", "<mailto:a@b.c>"),
    *("a|b", r"a\|b", r"\\", r"\<", "*a*", "**a**", "_a_", "__a__", "~~a~~", "`a`", "````", "# a", "a_b_c", "---"),
    *("$x_{y}$", "{{ 7 * 7 }}", "- a", "1. a", "[a](javascript:alert(1))", "![a](b.png)", "[![a](b.png)](b.svg)"),
    *("[a]: b", "a\u202eb", "<details><summary>a</summary>", "</details>"),
]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_others_is_shown_as_it_is(text: str, tmp_path: Path) -> None:
    template = "# Page\n\n## {{ text }}\n\nA {{ text }}\n\n{{ cells }}\n\n{{ legend }}\n\n{{ example(sentence) }}\n\n"
    template += "{{ fold(text) }}\n\nFolded.\n\n{{ end_fold }}\n"
    (tmp_path / "page.md").write_text(template)
    marked = Markdown(f"{mark(text, text, True)} {mark(text, text, False)}")
    cells = table([text, "code"], [[text, code(text)]])
    sentence = Example(7, text, [Annotation(text, text, marked)])
    rendered = render_markdown(tmp_path / "page.md", text=text, cells=cells, sentence=sentence)
    page = Page.parse(render_html(rendered, {}))
    page.check()
    shown = printable(text)
    assert page.titles == ["Page", shown] and f"A {shown}\n" in page.text
    assert page.rows(shown) == [[shown, shown], [f"{shown}, {shown}", f"{shown} {shown} ✗ {shown} {shown}"]]
    assert not {"script", "img", "a", "ol", "ul", "del"} & {*page.tags} and page.tags.count("strong") == 3
    assert page.tags.count("details") == page.tags.count("summary") == 1 and f"{shown}\n\nFolded." in page.text


def test_markdown_aligns_text_left_and_numbers_right_and_a_terminal_has_no_lines() -> None:
    assert markdown(["Set", "F1"], [["wikineural", "0.100"], ["all", "1.000"]]).splitlines() == [
        "| Set        |    F1 |",
        "|:-----------|------:|",
        "| wikineural | 0.100 |",
        "| all        | 1.000 |",
    ]
    assert plain(["set", "f1"], [["wikineural", "0.100"]]).splitlines() == ["set            f1", "wikineural  0.100"]


def test_a_table_fits_a_terminal_by_long_names_in_several_lines() -> None:
    rows = [["n-grams, taught, and known words", "0.100"], ["all", "1.000"]]
    assert plain(["row", "f1"], rows, 24).splitlines() == [
        "row                   f1",
        "n-grams, taught,   0.100",
        "and known words",
        "all                1.000",
    ]
    assert plain(["row", "f1"], rows, 80) == plain(["row", "f1"], rows)
    narrow = plain(["row", "f1"], rows, 1).splitlines()
    assert max(map(len, narrow)) == 12 + 2 + 5 and " ".join(line[:12].strip() for line in narrow[1:4]) == rows[0][0]


def test_numbers_for_people() -> None:
    assert [integer(1234567), integer(0), integer(None)] == ["1,234,567", "0", "–"]
    assert [decimal(1234.567, 1), score(0.76349)] == ["1,234.6", "0.763"]
    shares = (0.0123, 0.0001, 0.0, None)
    assert [percent(share) for share in shares] == ["1.2 %", "under 0.1 %", "0.0 %", "–"]


def test_flows_go_from_documents_to_tokens_and_keep_the_reasons() -> None:
    counts = {
        "tokens": 90,
        "documents_read": 10,
        "documents_kept": 7,
        "documents_dropped_other_namespace": 3,
        "documents_dropped_redirect": 0,
        "words_read": 88,
        "something_new": 1,
        "dropped_templates": 5,
        "dropped_files_and_galleries": 1,
        "dropped_tables": 0,
    }
    assert list(read_flows(counts)) == [
        Flow("documents", 10, {"other namespace": 3}, 7),
        Flow("words", 88, {}, None),
        Flow("tokens", None, {}, 90),
        Flow("something new", None, {}, 1),
        Flow("markup", 6, {"files and galleries": 1, "templates": 5}, 0),
    ]
