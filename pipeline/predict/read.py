"""Inputs of the command: one text, a JSON line a text, or a line of tokens a text.

A line that is no text is passed on as `Bad`, with its number, and counts as a text; the lines behind it are read.
"""

import codecs
import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from pipeline.files.utf8 import Utf8
from pipeline.predict.cut import cut
from pipeline.predict.pieces import Bad, End, Input

CHUNK = 1 << 16
"""Bytes read at a time."""
_CONTROLS = re.compile("[\0-\x1f]")


def read_text(file: BinaryIO, name: str, complain: Callable[[str], None]) -> Iterator[Input]:
    """All of a file as one text, without its byte order mark.

    What is not UTF-8, and NUL, is read as U+FFFD and, at the end, complained of.
    """
    decoder = Utf8(Path(name), "replace")
    yield from cut(decoder.decode(_chunks(file)))
    yield End()
    if decoder.first is not None:
        complain(
            f"{name}: byte {decoder.first:,} is not UTF-8, or 0; read as U+FFFD, and so was what else is not text, "
            f"{decoder.replaced:,} in all; {decoder.advice}"
        )


def read_json_lines(file: Iterable[bytes], name: str, tokenised: bool) -> Iterator[Input]:
    """A text a line, `{"text": ...}`; what else a line holds is not read."""
    return _read_lines(file, name, parse_json, tokenised)


def read_token_lines(file: Iterable[bytes], name: str) -> Iterator[Input]:
    """A sentence a line, which is a text of its own; spaces between tokens."""
    return _read_lines(file, name, _parse_tokens, True)


def _read_lines(lines: Iterable[bytes], name: str, parse: Callable[[str], str], tokenised: bool) -> Iterator[Input]:
    for number, line in enumerate(lines, 1):
        try:
            text = parse(decode(line.removeprefix(codecs.BOM_UTF8) if number == 1 else line))
        except NoText as fault:
            yield Bad(f"{name}: line {number}: {fault}")
        else:
            yield from cut([text], tokenised)
            yield End()


class NoText(Exception):
    """What is wrong with a line."""


def decode(line: bytes) -> str:
    """A line without its end; raises `NoText`."""
    try:
        return line.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8")
    except UnicodeDecodeError as error:
        raise NoText(f"byte {error.start + 1:,} of it (0x{line[error.start]:02x}) is not UTF-8") from None


def parse_json(line: str) -> str:
    """The text of `{"text": ...}`; what else it holds is not read. Raises `NoText`."""
    try:
        value = json.loads(line, parse_int=float)  # as int, one of thousands of digits is refused
    except (ValueError, RecursionError) as error:
        raise NoText(f'not JSON ({error}); expected {{"text": "..."}}') from None
    text = value.get("text") if isinstance(value, dict) else None
    if not isinstance(text, str):
        raise NoText('found no text in it; expected {"text": "..."}')
    return text


def _parse_tokens(line: str) -> str:
    if fault := _CONTROLS.search(line):
        raise NoText(f"found {fault[0]!r}; expected tokens separated by spaces")
    return line


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk
