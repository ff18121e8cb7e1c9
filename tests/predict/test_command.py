"""`python -m pipeline predict`: every input, every output, and what cannot be read."""

import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.ner.data.published import read_file
from pipeline.predict import Span, TextTagger
from pipeline.predict.pieces import Piece, Tagged
from pipeline.predict.run import BROKEN_PIPE, Form, Source, run
from pipeline.predict.write import DOCUMENT, write_terminal
from tests.browser import LAYOUTS, check_layout
from tests.conftest import RunCommand
from tests.pages import Page
from tests.predict.conftest import World, as_json

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

TEXT = "Анна Смирнова уехала в город Казань.\r\n\u00a0Иван Петров <b>&amp;</b> — в\u2028Москву \x1b[31m!\n"
Captured = pytest.CaptureFixture[bytes]


def to_json(text: str) -> str:
    return json.dumps({"text": text})


class Command:
    """Runs the command on a file."""

    def __init__(self, folder: Path, tagger: TextTagger, captured: Captured) -> None:
        self.path, self.tagger, self.captured = folder / "input", tagger, captured

    def __call__(
        self, content: bytes | str, form: Form, jsonl: bool = False, tokens: bool = False
    ) -> tuple[int, str, str]:
        """Return the exit code, standard output and standard error."""
        self.path.write_bytes(content if isinstance(content, bytes) else content.encode())
        code = run(Source(None, str(self.path), jsonl, tokens), self.tagger, form)
        out, error = self.captured.readouterr()
        return code, out.decode(), error.decode()


@pytest.fixture
def command(tmp_path: Path, tagger: TextTagger, capfdbinary: Captured) -> Command:
    return Command(tmp_path, tagger, capfdbinary)


def test_a_file_is_one_text(command: Command) -> None:
    code, out, error = command(TEXT, "jsonl")
    expected = command.tagger(TEXT)
    assert code == 0 and error == "" and out.count("\n") == 1 and expected
    assert json.loads(out) == {"text": TEXT, "spans": as_json(expected)}


def test_entities_of_less_confidence_than_the_threshold_are_left_out(command: Command) -> None:
    spans = sorted(command.tagger(TEXT), key=lambda span: span.confidence)
    assert len(spans) > 1
    command.path.write_text(TEXT, newline="")
    run(Source(None, str(command.path), False, False), command.tagger, "jsonl", spans[-1].confidence - 1e-6)
    assert json.loads(command.captured.readouterr()[0])["spans"] == as_json(spans[-1:])


def test_a_text_that_is_longer_than_what_is_kept_has_the_same_spans(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "Анна Смирнова уехала в город Казань.\n" * 40
    whole = [(span.start, span.stop, span.type) for span in command.tagger(text)]
    monkeypatch.setattr("pipeline.predict.pieces.LONGEST", 60)
    monkeypatch.setattr("pipeline.predict.tagger.POOL_CHARACTERS", 100)
    monkeypatch.setattr("pipeline.predict.records.SPANS_IN_MEMORY", 64)  # the rest waits on the disk
    answer = json.loads(command("\ufeff" + text, "jsonl")[1])
    assert answer["text"] == text and len(whole) >= 40
    assert [(span["start"], span["stop"], span["type"]) for span in answer["spans"]] == whole


def test_lines_keep_their_order_and_number_whatever_they_hold(command: Command) -> None:
    lines = [
        '{"text": "Анна уехала в Казань.", "id": 7}',
        "not json",
        '{"text": ""}',
        "",
        '{"text": 5}',
        '["text"]',
        '{"text": "\\ud800 Иван\\nв Москве"}',
        "[" * 100_000,
    ]
    content = ("\ufeff" + "\n".join(lines)).encode() + b'\n\xff\n{"text": "\xd0\x90\xd0\xbd\xd0\xbd\xd0\xb0"}'
    code, out, error = command(content, "jsonl", jsonl=True)
    rows = [json.loads(line) for line in out.splitlines()]
    bad = [number for number, row in enumerate(rows, 1) if "error" in row]
    assert code == 1 and len(rows) == 10 and bad == [2, 4, 5, 6, 8, 9]
    assert [row["text"] for row in rows if "text" in row] == [
        "Анна уехала в Казань.", "", "\ud800 Иван\nв Москве", "Анна",
    ]  # fmt: skip
    assert [int(number) for number in re.findall(r"^error: \S+: line (\d+): ", error, re.M)] == bad
    assert error.count("\n") == len(bad)


def test_given_tokens_are_not_cut_and_offsets_are_those_in_their_line(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.predict.pieces.LONGEST", 12)
    content = "Анна Смирнова уехала в  Казань . \r\n\nИван\tПетров\nИван"
    code, out, error = command(content, "jsonl", tokens=True)
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == 1 and [row.get("text") for row in rows] == [
        "Анна Смирнова уехала в  Казань . ", "", None, "Иван",
    ]  # fmt: skip
    assert error.endswith("line 3: found '\\t'; expected tokens separated by spaces\n")
    assert command("Анна Смирнова уехала в Казань", "conll", tokens=True)[1].count("\n\n") == 2
    for span in rows[0]["spans"]:
        words = rows[0]["text"][span["start"] : span["stop"]]
        assert words == words.strip()


def test_what_is_not_utf_8_is_replaced_and_said(command: Command) -> None:
    code, out, error = command(b"\xd0\x90 \xff\xfe \0\n", "jsonl")
    assert code == 1 and json.loads(out)["text"] == "А \ufffd\ufffd \ufffd\n"
    assert re.fullmatch(r"error: \S+: byte 3 is not UTF-8, or 0; .* 3 in all; .*\n", error)


def test_conll_has_a_tag_a_token(command: Command) -> None:
    code, out, _ = command(TEXT, "conll")
    first, *rows = [line.split("\t") for line in out.splitlines() if line]
    assert code == 0 and first == [DOCUMENT] and all(len(row) == 2 for row in rows)
    spans = command.tagger(TEXT)
    assert [tag[2:] for _, tag in rows if tag.startswith("B-")] == [span.type for span in spans]
    assert "".join(token for token, tag in rows if tag != "O") == re.sub(r"\s", "", "".join(x.text for x in spans))
    assert out.count("\n\n") == 3


def test_conll_is_read_as_a_data_set(command: Command) -> None:
    _, out, _ = command(TEXT, "conll")
    command.path.write_text(out, encoding="utf-8")
    sentences = [*read_file(command.path, "conll2003")]
    rows = [f"{token}\t{tag}" for sentence in sentences for token, tag in zip(*sentence, strict=True)]
    assert rows == [line for line in out.splitlines()[1:] if line] and len(sentences) == out.count("\n\n") - 1


def test_spacy_reads_our_conll(command: Command) -> None:
    """One document a text, an empty one left out, with the entities that were found."""
    converters = pytest.importorskip("spacy.training.converters", reason="spaCy is not installed")
    texts = [TEXT, "", "# Анна Смирнова уехала в город Казань.\nИван Петров уехал."]
    _, out, _ = command("\n".join(map(to_json, texts)) + "\nno JSON\n", "conll", jsonl=True)
    assert out.count(DOCUMENT) == 4
    docs = [*converters.conll_ner_to_docs(out, no_print=True)]
    spans = [command.tagger(text) for text in texts if text]
    assert [[ent.label_ for ent in doc.ents] for doc in docs] == [[span.type for span in each] for each in spans]
    squeezed = [["".join(token.text for token in ent) for ent in doc.ents] for doc in docs]
    assert squeezed == [[re.sub(r"\s", "", span.text) for span in each] for each in spans] and all(spans)


def test_the_terminal_gets_no_colour_and_no_control_characters_where_it_is_none(command: Command) -> None:
    code, out, _ = command(TEXT, "terminal")
    assert code == 0 and "\x1b" not in out and "\r" not in out
    marked = re.findall(r"\[([^\[\]]+) ([A-Z]+) (\d\.\d\d)\]", out)
    spans: list[Span] = command.tagger(TEXT)
    assert marked == [(span.text, span.type, f"{span.confidence:.2f}") for span in spans]


@pytest.mark.parametrize("colour", [True, False])
def test_every_text_has_a_line_on_the_terminal(colour: bool, tmp_path: Path) -> None:
    span = Span(0, 4, "PER", 0.987, "Иван")
    pieces = [Piece("Иван ест"), Piece(""), Piece("", fault="no"), Piece("Иван ест\n", last=False), Piece("", 9)]
    answers = [Tagged(piece, [], [span] if piece.text else []) for piece in pieces]
    with (tmp_path / "out").open("w+", encoding="utf-8") as out:
        write_terminal(iter(answers), out, {"PER": "#0072b2"} if colour else {})
        out.seek(0)
        lines = out.read().split("\n")
    shown = "\x1b[38;5;231;48;5;25mИван\x1b[0m \x1b[2mPER 0.99\x1b[0m ест" if colour else "[Иван PER 0.99] ест"
    assert lines == [shown, "", "", shown, ""]


def test_the_page_is_one_file_with_all_text_escaped(command: Command) -> None:
    content = json.dumps({"text": TEXT + "<script>alert(1)</script>{{ 7 * 7 }}"}) + "\nno\n" + json.dumps({"text": ""})
    code, out, _ = command(content, "html", jsonl=True)
    page = Page.parse(out)
    page.check()
    spans: list[Span] = command.tagger(TEXT)
    assert code == 1 and page.tags.count("mark") == len(command.tagger.types) + len(spans)
    assert "script" not in page.tags and "<script>alert(1)</script>{{ 7 * 7 }}" in page.text
    assert "&amp;amp;" in out and "<b>&" not in out and "\x1b" not in out  # a mark may begin within
    for span in spans:
        assert f'title="{span.type}, confidence {span.confidence:.2f}"' in out
    assert [f"Text {n}" in page.text for n in range(1, 5)] == [True, True, True, False]


@pytest.mark.parametrize(("widths", "schemes"), LAYOUTS)
def test_the_page_fits_its_window(
    command: Command, tmp_path: Path, browser: "Chrome", widths: Any, schemes: list[str]
) -> None:
    content = json.dumps({"text": TEXT + "Анна" * 200 + " Казань."}) + "\nno\n"
    (tmp_path / "page.html").write_text(command(content, "html", jsonl=True)[1], encoding="utf-8")
    browser.get((tmp_path / "page.html").as_uri())
    check_layout(browser, widths, schemes)


def test_the_whole_command(world: World, tmp_path: Path, run_command: RunCommand) -> None:
    predict = ("predict", "--model", world.exported)
    jsonl = (*predict, "--format", "jsonl")
    assert run_command(*jsonl, "Анна.")[1].startswith('{"text": "Анна.", "spans": [')
    code, out, error = run_command(*jsonl, "Анна\udcff.")
    assert (code, error) == (1, "error: TEXT: is not UTF-8; read as U+FFFD where it is not\n")
    assert json.loads(out)["text"] == "Анна\ufffd."
    code, out, error = run_command(*jsonl, "--tokens", "Анна уехала\nИван\tПетров")
    assert code == 1 and len(out.splitlines()) == 2
    assert error == "error: TEXT: line 2: found '\\t'; expected tokens separated by spaces\n"
    assert run_command(*jsonl, "--tokens", "")[1] == run_command(*jsonl, "")[1] != ""

    odd = tmp_path / "odd\udcff.jsonl"
    odd.write_text('nothing\n{"text": "Анна.", "number": ' + "9" * 5000 + "}\n", encoding="utf-8")
    for form in ("jsonl", "conll", "html"):
        code, out, error = run_command(*predict, "--jsonl", "--file", odd, "--format", form)
        assert code == 1 and "Анна" in out and error.count("\n") == 1 and "odd\ufffd.jsonl: line 1: not JSON" in error


def test_what_the_command_refuses_is_one_line(world: World, tmp_path: Path, run_command: RunCommand) -> None:
    predict, file, missing = ("predict", "--model", world.exported), tmp_path / "file", tmp_path / "missing"
    file.touch()
    unreadable = ["/proc/self/mem"] if sys.platform == "linux" else []  # it can be opened and not be read
    device = "device: found '{}', expected auto, cpu, cuda or cuda:1"
    for arguments, message in [
        ((*predict, "Анна.", "--jsonl"), "found both a text and --file or --jsonl; give one of them"),
        *((((*predict, "Анна.", "--device", name), device.format(name))) for name in ("meta", "cuda:x")),
        (("predict", "Анна.", "--model", file), f"{file}: no folder; expected one that holds tagger.json: dvc repro"),
        (("predict", "Анна.", "--model", missing), f"{missing}: no such folder; expected one that holds tagger.json"),
        ((*predict, "Анна.", "--udpipe", missing), f"{missing}: not found; expected the UDPipe model data/demo/"),
        ((*predict, "--file", missing), f"{missing}: no such file or directory"),
        ((*predict, "--file", tmp_path), f"{tmp_path}: is a directory"),
        *(((*predict, "--file", path), f"{path}: input/output error; ") for path in unreadable),
    ]:
        code, out, error = run_command(*arguments)
        assert (code, out) == (1, "") and error.startswith(f"error: {message}") and error.count("\n") == 1
    assert run_command(*predict, "Анна.", "--threads", "99999999999")[0] == 2


@pytest.mark.parametrize("closed", ["input", "output"])
def test_a_stream_that_is_closed_is_said(
    world: World, closed: str, run_command: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, f"std{closed.removesuffix('put')}", None)  # as Python has it after `<&-` and `>&-`
    code, _, error = run_command("predict", "--model", world.exported, *(["Анна"] if closed == "output" else []))
    assert code == 1 and error.startswith(f"error: standard {closed} is closed; ") and error.count("\n") == 1


def test_who_stops_reading_is_told_nothing(
    tagger: TextTagger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: Captured
) -> None:
    (tmp_path / "input").write_text("Анна уехала в Казань.\n" * 1000, encoding="utf-8")
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        assert run(Source(None, str(tmp_path / "input"), False, False), tagger, "jsonl") == BROKEN_PIPE
    assert capfdbinary.readouterr() == (b"", b"")
