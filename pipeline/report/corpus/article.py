"""One article at every stage.

    37085                   the page id of the first MediaWiki export
    0002-magazine:37085     that of another, with its file: two wikis count their pages from 1
    0001-newspaper:12       the twelfth document of the second file of news, which is plain text

An article keeps its id and the name of its shard from `documents` to `lemmas`.
"""

import heapq
import mmap
import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import UserError
from pipeline.files.shards import Document, read_shard, shard_paths

STAGES = ["documents", "sentences", "fragments", "lowercase", "lemmas"]
CLOSE = 0.6
"""Similarity, of at most 1, from which an id counts as close to another."""


class Article(NamedTuple):
    """What each stage made of an article. A stage that dropped it has no lines; one that was not run is not there."""

    id: str
    title: str
    shard: str
    lines: dict[str, list[str]]

    @property
    def name(self) -> str:
        """Id and title, which plain text does not have."""
        return _name(self.id, self.title)


def find_articles(data: Path, wanted: str) -> list[Article]:
    """The articles of an id, which is one; `data` has a folder for every stage.

    Raises a `UserError` that names ids and titles like the one that is not found.
    """
    mark = f"#doc\t{wanted}\t".encode(errors="surrogatepass")  # lines of text have no tabs; an argument may be no text
    names = [path.name for path in shard_paths(data / STAGES[0]) if _content(path).find(mark) >= 0]
    if not names:
        raise UserError(f"{data / STAGES[0]}: found no article {wanted!r}, {_close(data / STAGES[0], wanted)}")
    return [read_article(data, name, wanted) for name in names]


def read_article(data: Path, shard: str, wanted: str) -> Article:
    """An article that `documents` has in this shard; a `UserError` if it is not there."""
    path = data / STAGES[0] / shard
    article = _read(path, wanted)
    if article is None:
        raise UserError(f"{path}: found no article {wanted}; run: dvc repro documents")
    made = {stage: _read(data / stage / shard, wanted) for stage in STAGES if (data / stage).is_dir()}
    lines = {stage: document.lines if document else [] for stage, document in made.items()}
    return Article(wanted, article.title, shard, lines)


def _read(path: Path, wanted: str) -> Document | None:
    documents = read_shard(path) if path.is_file() else iter(())
    return next((document for document in documents if document.id == wanted), None)


def _content(path: Path) -> mmap.mmap | bytes:
    """The bytes of a file, which need not fit into memory."""
    if not path.stat().st_size:
        return b""
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _close(folder: Path, wanted: str) -> str:
    likely = heapq.nlargest(3, _rate(folder, wanted))
    if not likely:
        first = ", ".join(_name(*header) for header in islice(_all_headers(folder), 3))
        return f"nor one like it; the first are {first}; metrics/data.html names others"
    return f"close to it: {', '.join(name for _, name in likely)}"


def _rate(folder: Path, wanted: str) -> Iterator[tuple[float, str]]:
    """The articles with an id like the one that is wanted, or a title that has it in it, with how like they are."""
    matcher = SequenceMatcher(b=wanted, autojunk=False)
    for id_, title in _all_headers(folder):
        matcher.set_seq1(id_)
        if wanted.casefold() in title.casefold():
            yield len(wanted) / len(title), _name(id_, title)
        elif matcher.real_quick_ratio() >= CLOSE and matcher.quick_ratio() >= CLOSE:
            yield matcher.ratio(), _name(id_, title)


def _name(id_: str, title: str) -> str:
    return f"{id_} ({title})" if title else id_


def _all_headers(folder: Path) -> Iterator[tuple[str, str]]:
    for path in shard_paths(folder):
        yield from _headers(path)


def _headers(shard: Path) -> Iterator[tuple[str, str]]:
    for match in re.finditer(rb"#doc\t([^\t\n]*)\t([^\n]*)", _content(shard)):
        yield match[1].decode(errors="replace"), match[2].decode(errors="replace")
