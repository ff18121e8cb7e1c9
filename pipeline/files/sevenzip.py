"""The file in a 7z archive, unpacked while it is read; nothing is written to disk.

py7zr hands out what it unpacks and cannot be asked for more: a thread lets it push into a pipe, which holds it back
until the reader has read. It takes in as much as it gets at once, up to 1 MB, and unpacks it as a whole, up to 128 MB:
it gets sips, so that memory stays small however well the file is packed.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader, FileIO, RawIOBase
from pathlib import Path
from typing import IO, Any

from py7zr import SevenZipFile, WriterFactory
from py7zr.io import Py7zIO

MAGIC = b"7z\xbc\xaf\x27\x1c"
SIP = 1 << 12
"""Packed bytes unpacked at a time. LZMA makes at most some 7,000 times as much of them."""


class Bad7zFile(OSError):
    """The archive is damaged, encrypted, or holds not exactly one file."""


@contextmanager
def open_7z(path: Path, mode: str = "rb") -> Iterator[IO[bytes]]:
    """Open the only file of an archive for reading; a `Bad7zFile` here or while it is read."""
    with _Sips(path, mode) as packed:
        archive = _open(packed)
        packed.limit = SIP
        with BufferedReader(_Unpacked(archive)) as file:
            yield file


class _Sips(FileIO):
    """A file read in pieces of at most `limit` bytes, once there is a limit."""

    limit: int | None = None

    def read(self, size: int | None = -1, /) -> bytes:
        size = -1 if size is None else size
        return super().read(size if self.limit is None else min(size, self.limit)) or b""


def _open(packed: _Sips) -> SevenZipFile:
    try:
        archive = SevenZipFile(packed)
        members = [member for member in archive.list() if not member.is_directory]
    except Exception as error:  # whatever a damaged header makes of py7zr
        raise Bad7zFile(f"not a whole 7z archive ({_reason(error)})") from None
    if archive.needs_password():
        raise Bad7zFile("an encrypted 7z archive; unpack it first")
    if len(members) != 1:
        raise Bad7zFile(f"a 7z archive of {len(members)} files, expected one; unpack it first")
    return archive


class _Unpacked(RawIOBase):
    """What the archive holds, as a stream; closing it ends the thread that unpacks."""

    def __init__(self, archive: SevenZipFile) -> None:
        self._output, self._input = os.pipe()
        self._archive = archive
        self._fault: Exception | None = None
        self._thread = threading.Thread(target=self._unpack, daemon=True)
        self._thread.start()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = os.readv(self._output, [buffer])
        if not size:
            self._thread.join()
            if self._fault:
                raise Bad7zFile(f"damaged 7z data ({_reason(self._fault)})") from None
        return size

    def close(self) -> None:
        if not self.closed:
            os.close(self._output)  # a thread that still writes meets a broken pipe
            self._thread.join()
        super().close()

    def _unpack(self) -> None:
        try:
            self._archive.extract(factory=_Factory(self._input))
        except Exception as error:  # whatever damaged data make of py7zr and its decompressors
            self._fault = error
        finally:
            with suppress(OSError):
                os.close(self._input)


class _Factory(WriterFactory):
    """Gives py7zr the pipe as the place to write to."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe

    def create(self, filename: str) -> Py7zIO:
        return _Pipe(self._pipe)


class _Pipe(Py7zIO):
    """Only written to; the rest is what py7zr's interface asks for."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._size = 0

    def write(self, s: bytes | bytearray) -> int:
        rest = memoryview(s)
        while rest:
            rest = rest[os.write(self._pipe, rest) :]
        self._size += len(s)
        return len(s)

    def read(self, size: int | None = None) -> bytes:
        return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        return 0

    def flush(self) -> None:
        pass

    def size(self) -> int:
        return self._size


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
