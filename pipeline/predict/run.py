"""The command `predict`."""

import codecs
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

from pipeline.errors import UserError, one_line, reason
from pipeline.predict.pieces import Piece, Tagged, cut
from pipeline.predict.read import parse_json, parse_tokens, read_lines, read_text
from pipeline.predict.records import DOCCANO, LABEL_STUDIO, LINES, Shape, write_brat, write_json
from pipeline.predict.tagger import PoolTagger
from pipeline.predict.write import write_conll, write_page, write_terminal
from pipeline.report.colours import colour_types

if TYPE_CHECKING:
    from pipeline.predict.crew import Crew

STANDARD = "-"
"""The file name that stands for standard input."""
Form = Literal["terminal", "jsonl", "conll", "html", "brat", "doccano", "label-studio"]
RECORDS: dict[Form, Shape] = {"jsonl": LINES, "doccano": DOCCANO, "label-studio": LABEL_STUDIO}
BROKEN_PIPE = 141
"""The exit code if the reader of the output has left, as after SIGPIPE."""


class Source(NamedTuple):
    """Where texts come from: the given text, or else a file."""

    text: str | None
    file: str
    jsonl: bool
    tokens: bool


def run(source: Source, tagger: PoolTagger, form: Form, threshold: float = 0, crew: "Crew | None" = None) -> int:
    """Write the entities of the source's texts to standard output, and return the exit code.

    Entities whose confidence is below the threshold are left out. A crew, if there is one, does the tagger's work.

    The code is 1 if texts could not be read; each of these is named on standard error. If the reader of the output has
    left, nothing is said.
    """
    code = 0

    def complain(message: str) -> None:
        nonlocal code
        print(one_line(f"error: {message}"), file=sys.stderr)
        code = 1

    def answers() -> Iterator[Tagged]:
        for tagged in (crew or tagger).tag(_read(source, complain, form == "brat")):
            if tagged.piece.fault:
                complain(tagged.piece.fault)
            yield tagged._replace(spans=[span for span in tagged.spans if span.confidence >= threshold])
            if tagged.piece.last and out.isatty():  # a person waits for each text
                out.flush()

    if form == "brat" and (source.jsonl or source.tokens):
        raise UserError("brat has a file for each text; give one text, without --jsonl and --tokens")
    if sys.stdout is None:
        raise UserError("standard output is closed; redirect it to a file")
    out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="\n")
    try:
        if form in RECORDS:
            write_json(answers(), out, RECORDS[form])
        elif form == "brat":
            write_brat(answers(), out)
        elif form == "conll":
            write_conll(answers(), out)
        elif form == "html":
            write_page(answers(), out, tagger.types, f"Named entities, {tagger.name}")
        else:
            in_colour = out.isatty() and not os.environ.get("NO_COLOR")
            write_terminal(answers(), out, colour_types(tagger.types) if in_colour else {})
        out.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # takes the rest of the buffers
        return BROKEN_PIPE
    finally:
        out.detach()
    return code


def _read(source: Source, complain: Callable[[str], None], unmarked: bool) -> Iterator[Piece]:
    """Read the texts; with `unmarked`, a byte order mark is an error."""
    parse = parse_json if source.jsonl else parse_tokens
    if source.text is not None:
        text = _readable(source.text)
        if text != source.text:
            complain("TEXT: is not UTF-8; read as U+FFFD where it is not")
        lines = io.BytesIO(text.encode() or b"\n")
        yield from read_lines(lines, "TEXT", parse, True) if source.tokens else cut(text)
        return
    name = "standard input" if source.file == STANDARD else _readable(source.file)
    if source.file == STANDARD and sys.stdin is None:
        raise UserError("standard input is closed; give a text, or --file FILE")
    try:
        with nullcontext(sys.stdin.buffer) if source.file == STANDARD else open(source.file, "rb") as file:
            if source.jsonl or source.tokens:
                yield from read_lines(file, name, parse, source.tokens)
            else:
                if unmarked and cast(io.BufferedReader, file).peek(3).startswith(codecs.BOM_UTF8):
                    fault = "begins with a byte order mark, which brat counts as a character"
                    raise UserError(f"{name}: {fault}; save the text without it")
                yield from read_text(file, name, complain)
    except OSError as error:
        raise UserError(f"{name}: {reason(error)}; mend that and run again") from None


def _readable(argument: str) -> str:
    """Put U+FFFD for bytes that are not UTF-8, which Python hands over as lone surrogates."""
    return argument.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
