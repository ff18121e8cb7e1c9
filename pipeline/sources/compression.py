"""Plain, gzip, bzip2 and 7z files as one stream of bytes; which of them it is, the end of the name says."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from pipeline.errors import UserError
from pipeline.files.bzip2 import open_bzip2
from pipeline.files.sevenzip import open_7z

CHUNK = 1 << 20
OPENERS: dict[str, Callable[[Path, str], AbstractContextManager[Any]]] = {
    ".gz": gzip.open,
    ".bz2": open_bzip2,
    ".7z": open_7z,
}
MAGIC = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"PK\x03\x04": "zip", b"\xfd7zXZ": "xz", b"7z\xbc": "7-Zip"}


def chunks(path: Path) -> Iterator[bytes]:
    """Yield the content, decompressed.

    Raises a `UserError` if the file is empty, truncated, corrupt, or not compressed as its name says.
    """
    _check_name(path)
    done = 0
    try:
        with _opener(path)(path, "rb") as file:
            while chunk := file.read(CHUNK):
                done += len(chunk)
                yield chunk
    except EOFError:
        reason = f"truncated: {path.suffix} data breaks off after {done:,} bytes of content"
        raise UserError(f"{path}: {reason}; get the whole file") from None
    except (OSError, zlib.error) as error:
        reason = f"cannot be read beyond {done:,} bytes of content: {error}"
        raise UserError(f"{path}: {reason}; get the file again") from None
    if not done:
        raise UserError(f"{path}: empty; expected text")


def _opener(path: Path) -> Callable[[Path, str], AbstractContextManager[Any]]:
    return OPENERS.get(path.suffix, open)


def _check_name(path: Path) -> None:
    """Refuse a compressed file under the name of a plain one; an NER set is read by its name."""
    if path.suffix in OPENERS:
        return
    with path.open("rb") as file:
        start = file.read(8)
    kind = next((kind for magic, kind in MAGIC.items() if start.startswith(magic)), None)
    if kind:
        raise UserError(f"{path}: found {kind} data; expected plain text, or gzip, bzip2 or 7z named .gz, .bz2 or .7z")
