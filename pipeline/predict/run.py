"""The command `predict`."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple, TextIO

from pipeline.errors import UserError, one_line, reason
from pipeline.predict.cut import cut
from pipeline.predict.page import write_page
from pipeline.predict.pieces import Bad, End, Input, Output
from pipeline.predict.read import read_json_lines, read_text, read_token_lines
from pipeline.predict.tagger import TextTagger
from pipeline.predict.write import write_conll, write_json_lines, write_terminal

STANDARD = "-"
"""In place of a file: standard input."""
Form = Literal["terminal", "jsonl", "conll", "html"]
"""How entities are shown."""
BROKEN_PIPE = 141
"""Exit code where nobody reads on, that of a program ended by SIGPIPE."""


class Source(NamedTuple):
    """Where texts come from: one given text, or else a file."""

    text: str | None
    file: str
    jsonl: bool
    tokens: bool


def run(source: Source, tagger: TextTagger, form: Form) -> int:
    """Tag the source's texts on standard output; exit code 1 if some could not be read, each named on standard error.

    Nothing is said where the reader of the output has left.
    """
    complaints = Complaints()
    if sys.stdout is None:
        raise UserError("standard output is closed; redirect it to a file")
    out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="\n")
    try:
        with ExitStack() as files:
            items = complaints.listen(_flush(out, tagger.tag(_read(source, files, complaints))))
            _write(items, out, form, tagger)
            out.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is still in buffers
        return BROKEN_PIPE
    finally:
        out.detach()
    return complaints.code


class Complaints:
    """What could not be read, said on standard error."""

    code = 0

    def say(self, message: str) -> None:
        print(one_line(f"error: {message}"), file=sys.stderr)
        self.code = 1

    def listen(self, items: Iterator[Output]) -> Iterator[Output]:
        """The same items, each bad one said."""
        for item in items:
            if isinstance(item, Bad):
                self.say(item.message)
            yield item


def _read(source: Source, files: ExitStack, complaints: Complaints) -> Iterator[Input]:
    if source.text is not None:
        yield from _read_argument(_readable(source.text, complaints), source.tokens)
        return
    file, name = _open(source.file, files)
    try:
        if source.jsonl:
            yield from read_json_lines(file, name, source.tokens)
        elif source.tokens:
            yield from read_token_lines(file, name)
        else:
            yield from read_text(file, name, complaints.say)
    except OSError as error:
        raise UserError(f"{name}: {reason(error)}; mend that and run again") from None


def _read_argument(text: str, tokenised: bool) -> Iterator[Input]:
    if tokenised:
        yield from read_token_lines(io.BytesIO(text.encode() or b"\n"), "TEXT")
    else:
        yield from cut([text])
        yield End()


def _readable(argument: str, complaints: Complaints) -> str:
    text = _decode(argument)
    if text != argument:
        complaints.say("TEXT: is not UTF-8; read as U+FFFD where it is not")
    return text


def _decode(argument: str) -> str:
    """With U+FFFD for bytes that are not UTF-8, which Python hands over as lone surrogates."""
    return argument.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _open(path: str, files: ExitStack) -> tuple[BinaryIO, str]:
    if path == STANDARD:
        if sys.stdin is None:
            raise UserError("standard input is closed; give a text, or --file FILE")
        return sys.stdin.buffer, "standard input"
    if Path(path).is_dir():
        raise UserError(f"{path}: is a folder; expected a file of text")
    return files.enter_context(open(path, "rb")), _decode(path)


def _flush(out: TextIO, items: Iterator[Output]) -> Iterator[Output]:
    """The same items; at the end of a text what is known of it is sent on."""
    for item in items:
        yield item
        if isinstance(item, End) and out.isatty():
            out.flush()


def _write(items: Iterator[Output], out: TextIO, form: Form, tagger: TextTagger) -> None:
    if form == "jsonl":
        write_json_lines(items, out)
    elif form == "conll":
        write_conll(items, out)
    elif form == "html":
        write_page(items, out, tagger.types, f"Named entities, {tagger.settings.set}")
    else:
        write_terminal(items, out, colour=out.isatty() and not os.environ.get("NO_COLOR"))
