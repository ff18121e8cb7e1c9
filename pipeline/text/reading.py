"""Texts from outside: unpacked, decoded, and named in ids."""

from collections.abc import Iterator
from pathlib import Path

from pipeline.files.compression import SUFFIXES, open_packed
from pipeline.files.shards import Counts
from pipeline.files.utf8 import NEWS_ADVICE, InvalidUtf8, Utf8
from pipeline.text.whitespace import fold
from pipeline.work.progress import say

CHUNK = 1 << 14
"""Bytes read at a time. All XML elements of a chunk are in memory together."""


def stem(path: Path) -> str:
    """What the ids of the documents of a file begin with: its name without endings, `0001-news` of 0001-news.txt.gz."""
    name = path.name
    for suffix in SUFFIXES.values():
        name = name.removesuffix(suffix)
    return fold(Path(name).stem)


def read_text(path: Path, policy: InvalidUtf8, counts: Counts) -> Iterator[str]:
    """Stream a text, decompressed and decoded, in chunks of any length.

    Counts as `characters_replaced` what was not UTF-8. A `UserError` says what is wrong with the file.
    """
    decoder = Utf8(path, policy, NEWS_ADVICE)
    with open_packed(path) as file:
        yield from decoder.decode(iter(lambda: file.read(CHUNK), b""))
    counts["characters_replaced"] += decoder.replaced
    if decoder.first is not None:
        say(f"{path}: {decoder.replaced:,} characters become U+FFFD: not UTF-8, the first at byte {decoder.first:,}")
