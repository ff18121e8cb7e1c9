"""Files from outside: plain, gzip, bzip2 or 7z by their first bytes; a `UserError` where they are damaged."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from pipeline.errors import UserError
from pipeline.files import bzip2, sevenzip
from pipeline.files.shards import Counts
from pipeline.files.utf8 import NEWS_ADVICE, InvalidUtf8, Utf8
from pipeline.text.whitespace import fold

PACKED = (".gz", ".bz2", ".7z")
Opener = Callable[[Path, str], AbstractContextManager[Any]]

CHUNK = 1 << 14
"""Bytes read at a time. All XML elements of a chunk are in memory together."""
_OPENERS: dict[bytes, Opener] = {
    bzip2.MAGIC: bzip2.open_bzip2,
    b"\x1f\x8b": gzip.open,
    sevenzip.MAGIC: sevenzip.open_7z,
}


def stem(path: Path) -> str:
    """What the ids of the documents of a file begin with: its name without endings, `0001-news` of 0001-news.txt.gz."""
    name = path.name
    for suffix in PACKED:
        name = name.removesuffix(suffix)
    return fold(Path(name).stem)


def read_text(path: Path, policy: InvalidUtf8, counts: Counts) -> Iterator[str]:
    """Stream a text, decompressed and decoded, in chunks of any length.

    Counts as `characters_replaced` what was not UTF-8. A `UserError` says what is wrong with the file.
    """
    decoder = Utf8(path, policy, NEWS_ADVICE)
    yield from decoder.decode(_read_chunks(path))
    counts["characters_replaced"] += decoder.replaced


def _read_chunks(path: Path) -> Iterator[bytes]:
    """Damage met while reading becomes a `UserError`."""
    try:
        with _opener(path)(path, "rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except (EOFError, zlib.error, OSError) as error:
        raise UserError(
            f"{path} ({_size(path)}): damaged, cut short or unreadable: {error}; delete it and run: dvc repro fetch"
        ) from None


def _opener(path: Path) -> Opener:
    with path.open("rb") as file:
        start = file.read(max(map(len, _OPENERS)))
    return next((opener for magic, opener in _OPENERS.items() if start.startswith(magic)), open)


def _size(path: Path) -> str:
    return f"{path.stat().st_size:,} bytes" if path.is_file() else "no such file"
