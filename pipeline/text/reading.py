"""Files from outside: plain, gzip or bzip2 by their first bytes; a `UserError` where they are damaged."""

import bz2
import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Any

from pipeline.errors import UserError

Opener = Callable[[Path, str], AbstractContextManager[Any]]

_OPENERS: dict[bytes, Opener] = {b"BZh": bz2.open, b"\x1f\x8b": gzip.open}
_BOM = b"\xef\xbb\xbf"


@contextmanager
def open_bytes(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for reading, decompressed on the way; damage met while reading becomes a `UserError`."""
    try:
        with _opener(path)(path, "rb") as file:
            yield file
    except (EOFError, zlib.error, OSError) as error:
        raise UserError(
            f"{path} ({_size(path)}): damaged, cut short or unreadable: {error}; delete it and run: dvc repro fetch"
        ) from None


def read_lines(path: Path) -> Iterator[str]:
    """Stream the lines of a UTF-8 text, without their line ends; only LF and CR LF end a line."""
    with open_bytes(path) as file:
        for number, line in enumerate(file, start=1):
            if number == 1:
                line = line.removeprefix(_BOM)
            yield _decode(line.rstrip(b"\r\n"), path, number)


def _decode(line: bytes, path: Path, number: int) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path}: line {number}, byte {error.start + 1} of the line: found 0x{line[error.start]:02x}, "
            "expected UTF-8; convert the file first, for example: iconv -f cp1251 -t utf-8"
        ) from None


def _opener(path: Path) -> Opener:
    with path.open("rb") as file:
        start = file.read(3)
    return next((opener for magic, opener in _OPENERS.items() if start.startswith(magic)), open)


def _size(path: Path) -> str:
    return f"{path.stat().st_size:,} bytes" if path.is_file() else "no such file"
