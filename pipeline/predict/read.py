"""Reads the input of `predict`: a file that is one text or has one text a line. Memory holds one line at a time."""

import codecs
import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from pipeline.files.utf8 import Utf8
from pipeline.predict.pieces import Piece, cut

_CONTROLS = re.compile("[\0-\x1f]")


class NoText(Exception):
    """Raised where a line holds no text; the message says why."""


def read_text(lines: Iterable[bytes], name: str, complain: Callable[[str], None]) -> Iterator[Piece]:
    """Read all lines of a file as one text, without its byte order mark.

    Bytes that are not UTF-8, and NUL, are read as U+FFFD; at the end, `complain` gets a message about them.
    """
    decoder, start = Utf8(Path(name), "replace"), 0
    for line in filter(None, decoder.decode(lines)):
        yield from (piece._replace(start=start + piece.start, last=False) for piece in cut(line))
        start += len(line)
    yield Piece("", start)
    if decoder.first is not None:
        complain(
            f"{name}: byte {decoder.first:,} is not UTF-8, or 0; read as U+FFFD, and so was what else is not text, "
            f"{decoder.replaced:,} in all; {decoder.advice}"
        )


def read_lines(lines: Iterable[bytes], name: str, parse: Callable[[bytes], str], tokenised: bool) -> Iterator[Piece]:
    """Read one text a line. A line that `parse` refuses counts as a text too, and the lines after it are read."""
    for number, line in enumerate(lines, 1):
        try:
            text = parse(line.removeprefix(codecs.BOM_UTF8) if number == 1 else line)
        except NoText as fault:
            yield Piece("", fault=f"{name}: line {number}: {fault}")
        else:
            yield from [Piece(text, tokenised=True)] if tokenised else cut(text)


def parse_json(line: bytes) -> str:
    """Return the text of `{"text": ...}`; other keys are not read. Raises `NoText`."""
    try:
        value = json.loads(_decode(line), parse_int=float)  # an int of thousands of digits would be refused
    except (ValueError, RecursionError) as error:
        raise NoText(f'not JSON ({error}); expected {{"text": "..."}}') from None
    text = value.get("text") if isinstance(value, dict) else None
    if not isinstance(text, str):
        raise NoText('found no text in it; expected {"text": "..."}')
    return text


def parse_tokens(line: bytes) -> str:
    """Return a sentence with spaces between its tokens. Raises `NoText`."""
    text = _decode(line)
    if control := _CONTROLS.search(text):
        raise NoText(f"found {control[0]!r}; expected tokens separated by spaces")
    return text


def _decode(line: bytes) -> str:
    """Return a line without its line end. Raises `NoText`."""
    try:
        return line.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8")
    except UnicodeDecodeError as error:
        raise NoText(f"byte {error.start + 1:,} of it (0x{line[error.start]:02x}) is not UTF-8") from None
