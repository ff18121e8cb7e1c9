"""Texts from outside: unpacked, decoded, and named in ids."""

from collections.abc import Iterator
from pathlib import Path

from pipeline.files.compression import SUFFIXES, open_packed
from pipeline.files.shards import Counts
from pipeline.files.utf8 import NEWS_ADVICE, InvalidUtf8, Utf8
from pipeline.text.whitespace import fold
from pipeline.work.progress import say

CHUNK = 1 << 14
"""The number of bytes read at a time. All XML elements of a chunk are in memory together."""


def stem(path: Path) -> str:
    """Return how the ids of a file's documents begin: its name without endings, `0001-news` for 0001-news.txt.gz."""
    name = path.name
    for suffix in SUFFIXES.values():
        name = name.removesuffix(suffix)
    return fold(Path(name).stem)


def read_text(path: Path, policy: InvalidUtf8, counts: Counts) -> Iterator[str]:
    """Yield a text, decompressed and decoded, in chunks of any length.

    What was not UTF-8 is counted as `characters_replaced`. A `UserError` says what is wrong with the file.
    """
    decoder = Utf8(path, policy, NEWS_ADVICE)
    with open_packed(path) as file:
        yield from decoder.decode(iter(lambda: file.read(CHUNK), b""))
    counts["characters_replaced"] += decoder.replaced
    if decoder.first is not None:
        say(f"{path}: {decoder.replaced:,} characters become U+FFFD: not UTF-8, the first at byte {decoder.first:,}")
