"""The common part of all published layouts: numbered lines, and sentences of checked tokens and labels."""

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import UserError, shown
from pipeline.files.compression import open_packed
from pipeline.files.utf8 import ADVICE, guess_encoding
from pipeline.ner.data.bio import is_label
from pipeline.work.progress import say

MOST_BYTES = 1 << 14
"""Longer lines are refused before they fill the memory: a small archive may unpack to one line of gigabytes."""
LONGEST_TOKEN = 1_000
"""In characters."""
LONG, TOO_LONG = 1_000, 100_000
"""A sentence of more tokens is reported or refused; the longest sentence of the published sets has 124."""


class RawSentence(NamedTuple):
    """A sentence of a published data set: its tokens as given, and a tag for each."""

    tokens: list[str]
    tags: list[str]


class Row(NamedTuple):
    """One token of a file."""

    location: str
    """The file and the number of the line."""
    token: str
    tag: str


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line number from 1, line without its end). Only LF and CRLF end a line: U+2028 and U+0085 are text."""
    number = 0
    with open_packed(path) as file:
        while line := file.readline(MOST_BYTES):
            number += 1
            yield number, _decode(f"{path}:{number}", line, first=number == 1)


def group(rows: Iterable[Row | None]) -> Iterator[RawSentence]:
    """Yield the sentences of rows; one None or more stands between two sentences.

    A token that does not fit into a tab-separated column, or a tag that is not a label of any scheme, is a `UserError`.
    A sentence of more than `LONG` tokens is reported, because the blank lines of its file may be missing.
    """
    sentence: list[Row] = []
    for row in chain(rows, [None]):
        if row:
            _check_row(*row)
            sentence.append(row)
            check_length(sentence[0].location, len(sentence))
        elif sentence:
            if len(sentence) > LONG:
                advice = "a blank line ends a sentence: put them in if they are missing"
                say(f"{sentence[0].location}: a sentence of {len(sentence):,} tokens begins here; {advice}")
            yield RawSentence([token for _, token, _ in sentence], [tag for _, _, tag in sentence])
            sentence = []


def check_length(location: str, tokens: int) -> None:
    """Refuse an endless sentence, which begins at `location`, before it fills the memory."""
    if tokens > TOO_LONG:
        fault = f"found more than {TOO_LONG:,} tokens from here on without a blank line"
        raise UserError(f"{location}: {fault}, expected one after each sentence; put them in")


def _check_row(location: str, token: str, tag: str) -> None:
    if not token or "\t" in token or len(token) > LONGEST_TOKEN:
        fault = f"found token {shown(token)}, expected one of 1 to {LONGEST_TOKEN:,} characters, no tab in it"
        raise UserError(f"{location}: {fault}")
    if not is_label(tag):
        raise UserError(
            f"{location}: found label {shown(tag)}, expected O, or a prefix and a type as in B-PER (BIO, IOB1, IOBES, "
            "BILOU or BMEWO); is the label in another column, or written in another way?"
        )


def _decode(location: str, line: bytes, first: bool) -> str:
    text = line.removesuffix(b"\n").removesuffix(b"\r")
    if len(line) == MOST_BYTES:
        raise UserError(f"{location}: found a line of {MOST_BYTES:,} bytes or more, expected a token a line")
    try:
        decoded = text.decode("utf-8-sig" if first else "utf-8")
        fault = "byte 0x00, as in UTF-16" if "\0" in decoded else ""  # text in UTF-16 may be valid UTF-8
    except UnicodeDecodeError as error:
        fault = f"byte 0x{text[error.start]:02x} at column {error.start + 1}"
    if fault:
        is_stray = text.count(0) * 8 < len(text) and b"\0" in text
        advice = "take it out" if is_stray else ADVICE.replace("WINDOWS-1251", guess_encoding(line))
        raise UserError(f"{location}: found {fault}, expected UTF-8 text; {advice}")
    if "\r" in decoded:
        raise UserError(
            f"{location}: found a carriage return inside a line, as in files of the classic Mac OS, expected lines "
            r"that end in LF or CRLF; convert the file: sed 's/\r*$//; s/\r/\n/g'"
        )
    return decoded
