"""Records for tools of annotation: each tool, or the layout that it documents, gives back the spans."""

import codecs
import json
import re
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import UserError
from pipeline.predict import Span, TextTagger
from pipeline.predict.pieces import Piece, Tagged
from pipeline.predict.records import write_brat
from pipeline.predict.run import Source, run
from tests.predict.conftest import as_json

TEXTS = [
    "Анна Смирнова \U0001f600 уехала в город Казань.\r\n\u00a0Иван Петров — в\tМоскву!",
    "",
    "Дом.",
    "Анна Смирнова уехала в город Казань.",
]
Captured = pytest.CaptureFixture[bytes]
Record = dict[str, Any]


@pytest.fixture
def expected(tagger: TextTagger) -> list[list[Span]]:
    found = list(tagger(iter(TEXTS)))
    assert len(found[0]) >= 2 and found[3] and not found[1]
    return found


@pytest.fixture
def lines(tmp_path: Path) -> str:
    """A file of texts, one of which cannot be read."""
    texts = [json.dumps({"text": text}) for text in TEXTS]
    (tmp_path / "texts.jsonl").write_text("\n".join([*texts[:2], "not json", *texts[2:]]))
    return str(tmp_path / "texts.jsonl")


def test_doccano(lines: str, tagger: TextTagger, expected: list[list[Span]], capfdbinary: Captured) -> None:
    assert run(Source(None, lines, True, False), tagger, "doccano") == 1
    out, error = capfdbinary.readouterr()
    records = [json.loads(line) for line in out.decode().splitlines()]
    labels = [[[span.start, span.stop, span.type] for span in spans] for spans in expected]
    assert records == [{"text": text, "label": label} for text, label in zip(TEXTS, labels, strict=True)]
    assert "line 3" in error.decode()


def write_tasks(lines: str, tagger: TextTagger, capfdbinary: Captured) -> list[Record]:
    run(Source(None, lines, True, False), tagger, "label-studio")
    tasks: list[Record] = json.loads(capfdbinary.readouterr()[0])
    return tasks


def test_label_studio(lines: str, tagger: TextTagger, expected: list[list[Span]], capfdbinary: Captured) -> None:
    tasks = write_tasks(lines, tagger, capfdbinary)
    assert [task["data"]["text"] for task in tasks] == TEXTS
    for text, task, spans in zip(TEXTS, tasks, expected, strict=True):
        (prediction,) = task["predictions"]
        values = [each["value"] for each in prediction["result"]]
        assert all(text[value["start"] : value["end"]] == value["text"] for value in values)
        described = [
            {"start": each["value"]["start"], "stop": each["value"]["end"], "type": each["value"]["labels"][0]}
            | {"confidence": each["score"]}
            for each in prediction["result"]
        ]
        assert described == as_json(spans)


def test_label_studio_converts_our_tasks(
    lines: str, tagger: TextTagger, expected: list[list[Span]], capfdbinary: Captured, tmp_path: Path
) -> None:
    """Its own converter, where it is installed: `pip install label-studio-sdk`."""
    converter = pytest.importorskip("label_studio_sdk.converter", reason="label-studio-sdk is not installed")
    tasks = write_tasks(lines, tagger, capfdbinary)
    annotated = [{"id": i, "data": task["data"], "annotations": task["predictions"]} for i, task in enumerate(tasks)]
    (tmp_path / "tasks.json").write_text(json.dumps(annotated))
    types = "".join(f'<Label value="{type_}"/>' for type_ in tagger.types)
    config = f'<View><Labels name="label" toName="text">{types}</Labels><Text name="text" value="$text"/></View>'
    converter.Converter(config, str(tmp_path)).convert(str(tmp_path / "tasks.json"), str(tmp_path), "JSON_MIN", False)
    converted = json.loads(next(tmp_path.glob("result.json")).read_text())
    spans = [[(each["start"], each["end"], each["labels"]) for each in task.get("label", [])] for task in converted]
    assert spans == [[(span.start, span.stop, [span.type]) for span in spans] for spans in expected]


def test_brat(tagger: TextTagger, expected: list[list[Span]], tmp_path: Path, capfdbinary: Captured) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(TEXTS[0].encode())
    assert run(Source(None, str(path), False, False), tagger, "brat") == 0
    lines = capfdbinary.readouterr()[0].decode().split("\n")
    entities = [re.fullmatch(r"T(\d+)\t(\w+) (\d+) (\d+)\t(.*)", line) for line in lines[:-1:2]]
    found = [(int(match[3]), int(match[4]), match[2], match[5]) for match in entities if match]
    assert [(type_, text) for _, _, type_, text in found] == [(span.type, span.text) for span in expected[0]]
    read = TEXTS[0].replace("\r\n", "\n")  # as brat reads it
    assert all(read[start:stop] == text for start, stop, _, text in found)
    notes = [f"#{i}\tAnnotatorNotes T{i}\t{span.confidence:.4f}" for i, span in enumerate(expected[0], 1)]
    assert lines[1::2] == notes and lines[-1] == ""


def test_brat_reads_crlf_and_entities_over_odd_line_ends(tmp_path: Path) -> None:
    """Its own code, in the port of a package: `pip install bratiaa`."""
    annotation = pytest.importorskip("bratsubset.annotation", reason="bratiaa is not installed")
    text = "Иван\u2028Петров,\r\nАнна\r\n\r\nи Ли\x85\x1cПо"
    entities = ["Иван\u2028Петров", "Анна", "Ли\x85\x1cПо"]
    starts = [text.index(entity) for entity in entities]
    spans = [Span(a, a + len(b), "PER", 0.5, b) for a, b in zip(starts, entities, strict=True)]
    border = text.index("\n") + 1
    (tmp_path / "text.txt").write_bytes(text.encode())
    for cut in (border, border - 1):  # between lines, and within a CRLF
        pieces = [Piece(text[:cut], last=False), Piece(text[cut:], cut)]
        with (tmp_path / "text.ann").open("w", encoding="utf-8", newline="") as file:
            write_brat(iter([Tagged(pieces[0], [], spans[:1]), Tagged(pieces[1], [], spans[1:])]), file)
        read = annotation.TextAnnotations(str(tmp_path / "text"))
        assert not read.failed_lines
        document = read.get_document_text()
        fragments = [[document[start:stop] for start, stop in bound.spans] for bound in read.get_textbounds()]
        assert fragments == [["Иван", "Петров"], ["Анна"], ["Ли", "По"]]


def test_brat_takes_no_byte_order_mark(tagger: TextTagger, tmp_path: Path, capfdbinary: Captured) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(codecs.BOM_UTF8 + b"text")
    with pytest.raises(UserError, match=r"text\.txt: begins with a byte order mark, which brat counts"):
        run(Source(None, str(path), False, False), tagger, "brat")
    assert capfdbinary.readouterr()[0] == b""


def test_brat_has_a_file_for_each_text(lines: str, tagger: TextTagger) -> None:
    message = "brat has a file for each text; give one text, without --jsonl and --tokens"
    for jsonl in (True, False):
        with pytest.raises(UserError, match=f"^{message}$"):
            run(Source(None, lines, jsonl, not jsonl), tagger, "brat")
