"""Lines of published files with their numbers; what is wrong with them is said with both."""

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
"""The longest line that is read: a file that unpacks to one line of gigabytes is refused before it fills the memory."""
LONGEST_TOKEN = 1_000
"""Characters."""
LONG, TOO_LONG = 1_000, 100_000
"""Tokens of a sentence that is said, and of one that is no sentence; the longest of the published sets has 124."""


class RawSentence(NamedTuple):
    """A sentence of a published data set: tokens as given and their tags, equally many."""

    tokens: list[str]
    tags: list[str]


class Row(NamedTuple):
    """One token of a file."""

    place: str
    """The file and the line."""
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
    """Sentences from rows, with None between them; several None, or one at the ends, make no sentence.

    A token that would not fit into a line of tab-separated columns, and a tag that is a label of no scheme, is a
    `UserError`. A sentence of more than a thousand tokens is said, because the blank lines of its file may be missing.
    """
    sentence: list[Row] = []
    for row in chain(rows, [None]):
        if row:
            _check_row(*row)
            sentence.append(row)
            check_length(sentence[0].place, len(sentence))
        elif sentence:
            if len(sentence) > LONG:
                what = f"a sentence of {len(sentence):,} tokens begins here"
                say(f"{sentence[0].place}: {what}; a blank line ends a sentence: put them in if they are missing")
            yield RawSentence([token for _, token, _ in sentence], [tag for _, _, tag in sentence])
            sentence = []


def check_length(place: str, tokens: int) -> None:
    """Refuse so many tokens of one sentence, which begins at that place, before they fill the memory."""
    if tokens > TOO_LONG:
        raise UserError(
            f"{place}: found more than {TOO_LONG:,} tokens from here on without a blank line, expected one after each "
            "sentence; put them in"
        )


def _check_row(place: str, token: str, tag: str) -> None:
    if not token or "\t" in token or len(token) > LONGEST_TOKEN:
        what = f"found token {shown(token)}, expected one of 1 to {LONGEST_TOKEN:,} characters, no tab in it"
        raise UserError(f"{place}: {what}")
    if not is_label(tag):
        raise UserError(
            f"{place}: found label {shown(tag)}, expected O, or a prefix and a type as in B-PER (BIO, IOB1, IOBES, "
            "BILOU or BMEWO); is the label in another column, or written in another way?"
        )


def _decode(place: str, line: bytes, first: bool) -> str:
    text = line.removesuffix(b"\n").removesuffix(b"\r")
    if len(line) == MOST_BYTES:
        raise UserError(f"{place}: found a line of {MOST_BYTES:,} bytes or more, expected a token a line")
    try:
        decoded = text.decode("utf-8-sig" if first else "utf-8")
        fault = "byte 0x00, as in UTF-16" if "\0" in decoded else ""  # UTF-16 of many letters is valid UTF-8
    except UnicodeDecodeError as error:
        fault = f"byte 0x{text[error.start]:02x} at column {error.start + 1}"
    if fault:
        stray = text.count(0) * 8 < len(text) and b"\0" in text
        advice = "take it out" if stray else ADVICE.replace("WINDOWS-1251", guess_encoding(line))
        raise UserError(f"{place}: found {fault}, expected UTF-8 text; {advice}")
    if "\r" in decoded:
        raise UserError(
            f"{place}: found a carriage return inside a line, as in files of the classic Mac OS, expected lines that "
            r"end in LF or CRLF; convert the file: sed 's/\r*$//; s/\r/\n/g'"
        )
    return decoded
