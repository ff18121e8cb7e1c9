import pytest

from pipeline.report.counts import Flow, read_flows
from pipeline.report.tables import decimal, integer, markdown, percent, plain, score


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
