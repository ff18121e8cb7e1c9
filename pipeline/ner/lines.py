"""Lines of published files, plain or gzipped, with their numbers; what is wrong with them is said with both."""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from pipeline.errors import UserError
from pipeline.ner.bio import OUTSIDE
from pipeline.ner.sentence import RawSentence


class Row(NamedTuple):
    """One token of a file; None between two sentences."""

    token: str
    tag: str


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line number from 1, line without its end). Only LF and CRLF end a line: U+2028 and U+0085 are text."""
    number = 0
    try:
        with _open(path) as file:
            for number, line in enumerate(file, 1):
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
                yield number, text.removesuffix("\n").removesuffix("\r")
    except FileNotFoundError:
        raise UserError(f"{path}: not found") from None
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path}:{number}: found byte 0x{error.object[error.start]:02x} at column {error.start + 1}, "
            "expected UTF-8 text"
        ) from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UserError(
            f"{path}: gzip data broken after line {number} ({error}), expected a whole .gz file; obtain it again"
        ) from None


def group(rows: Iterable[Row | None]) -> Iterator[RawSentence]:
    """Sentences from rows and the blanks between them; blanks in a row, or at the ends, make no sentence."""
    sentence = RawSentence([], [])
    for row in rows:
        if row:
            sentence.tokens.append(row.token)
            sentence.tags.append(row.tag)
        elif sentence.tokens:
            yield sentence
            sentence = RawSentence([], [])
    if sentence.tokens:
        yield sentence


def check_row(place: str, token: str, tag: str, labels: list[str]) -> Row:
    """The row, if its token can be kept in a line of tab-separated columns and its tag is one of the set's."""
    if not token or "\t" in token:
        raise UserError(f"{place}: found token {token!r}, expected one that is not empty and has no tab in it")
    if tag not in labels:
        raise UserError(f"{place}: found label {tag!r}, expected {OUTSIDE} or one of {' '.join(labels[1:])}")
    return Row(token, tag)


def _open(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path)) if path.suffix == ".gz" else path.open("rb")
