"""Files from outside as one stream of bytes: plain, gzip or bzip2, as their first bytes say."""

import gzip
import zlib
from bz2 import BZ2Decompressor
from collections.abc import Iterator
from contextlib import contextmanager
from io import DEFAULT_BUFFER_SIZE, BufferedIOBase, BufferedReader, RawIOBase
from pathlib import Path
from typing import Any

from pipeline.errors import UserError, reason

SUFFIXES = {"gzip": ".gz", "bzip2": ".bz2"}
"""The kinds of compression that are read, each with the suffix of its files."""
PLAIN = "plain"
CHUNK = DEFAULT_BUFFER_SIZE
"""Bytes of a bzip2 file that are read at a time."""
_MAGIC = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"PK\x03\x04": "zip",
    b"\xfd7zXZ": "xz",
    b"7z\xbc\xaf": "7z",
    b"\x28\xb5\x2f\xfd": "zstd",
}


def check_kind(path: Path, *kinds: str) -> None:
    """Refuse an empty file, one that is neither plain nor of these kinds, and one whose name says another kind."""
    named = next((kind for kind, suffix in SUFFIXES.items() if path.suffix == suffix), PLAIN)
    kind = _kind(path)
    if not path.stat().st_size:
        raise UserError(f"{path}: empty; expected text")
    if kind != named or kind not in (PLAIN, *kinds):
        expected = ", or ".join([PLAIN, *(f"{kind} named {SUFFIXES[kind]}" for kind in kinds)])
        raise UserError(f"{path}: found {kind} data; expected {expected}; unpack or rename it, or get such a file")


@contextmanager
def open_packed(path: Path) -> Iterator[BufferedIOBase]:
    """Open a file to read its content in this block, which does nothing else that may raise an `OSError`.

    A `UserError` says where the file is damaged, cut short or unreadable.
    """
    try:
        with path.open("rb") as packed, _open_content(_kind(path), packed) as content:
            try:
                yield content
            except (EOFError, OSError, zlib.error) as error:
                position = f"{content.tell():,} bytes of content (byte {packed.tell():,} of {path.stat().st_size:,})"
                fault = f"damaged, cut short or unreadable beyond {position}: {error}"
                raise UserError(f"{path}: {fault}; get the file again and run: dvc repro fetch") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {reason(error)}; get the file and run: dvc repro fetch") from None


def _kind(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(max(map(len, _MAGIC)))
    return next((kind for magic, kind in _MAGIC.items() if start.startswith(magic)), PLAIN)


def _open_content(kind: str, packed: BufferedReader) -> BufferedIOBase:
    if kind == "gzip":
        return gzip.open(packed)
    return BufferedReader(_Bzip2(packed)) if kind == "bzip2" else packed


class _Bzip2(RawIOBase):
    """The content of a file of bzip2 streams, one after another.

    `bz2.open` takes anything after a stream that does not begin another one for the end of the file: if one header in a
    dump were damaged, all that comes after it would be lost silently. Here it is an error.
    """

    def __init__(self, packed: BufferedReader) -> None:
        self._packed, self._stream, self._position = packed, BZ2Decompressor(), 0

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        content = b""
        while not content:
            packed = b""
            if self._stream.eof:
                packed = self._stream.unused_data or self._packed.read(CHUNK)
                if not packed:
                    return 0
                self._stream = BZ2Decompressor()
            elif self._stream.needs_input:
                packed = self._packed.read(CHUNK)
                if not packed:
                    raise EOFError("Compressed file ended before the end-of-stream marker was reached")
            content = self._stream.decompress(packed, len(buffer))
        buffer[: len(content)] = content
        self._position += len(content)
        return len(content)
