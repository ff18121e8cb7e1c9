"""A bzip2 file of any number of streams, as dumps have them, unpacked while it is read.

The standard library takes whatever follows a stream and begins no other for the end of the file: of a dump with one
damaged header all that comes after it would be lost in silence.
"""

from bz2 import BZ2Decompressor
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import IO, Any

MAGIC = b"BZh"
CHUNK = 1 << 13
"""Packed bytes read at a time."""


class BadBzip2File(OSError):
    """What follows a stream is neither another one nor the end of the file."""


@contextmanager
def open_bzip2(path: Path, mode: str = "rb") -> Iterator[IO[bytes]]:
    """Open a file for reading.

    Reading raises an `OSError` where it is damaged and an `EOFError` where it is cut short.
    """
    with path.open(mode) as packed, BufferedReader(_Streams(packed)) as file:
        yield file


class _Streams(RawIOBase):
    """The content of all streams of a file, one after the other."""

    def __init__(self, packed: IO[Any]) -> None:
        self._packed = packed
        self._stream = BZ2Decompressor()
        self._rest = b""  # read, and not yet given to the stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        content = b""
        while not content and (not self._stream.eof or self._begin_next()):
            content = self._stream.decompress(self._take() if self._stream.needs_input else b"", len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def _take(self) -> bytes:
        packed, self._rest = self._rest or self._packed.read(CHUNK), b""
        if not packed:
            raise EOFError("the end of the file inside a bzip2 stream")
        return packed

    def _begin_next(self) -> bool:
        """Whether a stream follows the one that was read to its end."""
        rest = self._stream.unused_data
        if len(rest) < len(MAGIC):
            rest += self._packed.read(CHUNK)
        if not MAGIC.startswith(rest[: len(MAGIC)]):
            place = self._packed.tell() - len(rest)
            raise BadBzip2File(f"byte {place:,}: found {rest[:4]!r} behind a bzip2 stream, expected another or the end")
        if rest:
            self._stream, self._rest = BZ2Decompressor(), rest
        return bool(rest)
