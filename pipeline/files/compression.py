"""Files from outside as one stream of bytes: plain, gzip or bzip2, as their first bytes say."""

import gzip
import zlib
from _compression import DecompressReader
from bz2 import BZ2Decompressor
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase, BufferedReader
from pathlib import Path

from pipeline.errors import UserError, reason

SUFFIXES = {"gzip": ".gz", "bzip2": ".bz2"}
"""Kinds of compression that are read, each with the end of the name that says so."""
PLAIN = "plain"
_MAGIC = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"PK\x03\x04": "zip",
    b"\xfd7zXZ": "xz",
    b"7z\xbc\xaf": "7z",
    b"\x28\xb5\x2f\xfd": "zstd",
}


def check_kind(path: Path, *kinds: str) -> None:
    """Refuse an empty file, and one that is neither plain nor one of these kinds, or not the one that its name says."""
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
                place = f"{content.tell():,} bytes of content (byte {packed.tell():,} of {path.stat().st_size:,})"
                fault = f"damaged, cut short or unreadable beyond {place}: {error}"
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
    # `bz2.open` takes whatever follows a stream and begins no other for the end of the file: of a dump with one damaged
    # header all that comes after it would be lost in silence.
    return BufferedReader(DecompressReader(packed, BZ2Decompressor)) if kind == "bzip2" else packed
