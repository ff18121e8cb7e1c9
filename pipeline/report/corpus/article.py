"""One article at every stage, for a terminal.

    37085                   the page id of the first MediaWiki export
    0002-magazine:37085     one of another export, with its file: two wikis count their pages from 1
    0001-newspaper:12       the twelfth document of the second file of news, which is plain text

An article keeps its id and the name of its shard from `documents` to `lemmas`.
"""

import hashlib
import heapq
import re
import textwrap
from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import UserError, printable
from pipeline.files.shards import read_shard, shard_paths
from pipeline.files.vocabulary import SPECIALS, UNKNOWN, read_entries, read_facts
from pipeline.paths import Paths

STAGES = {
    "documents": ("paragraph", "word"),
    "sentences": ("sentence", "word"),
    "fragments": ("fragment", "word"),
    "lowercase": ("fragment", "word"),
    "lemmas": ("fragment", "token"),
}
"""The noun for a line of each stage, and the noun for a piece of a line between two spaces."""
WIDEST = 120
"""A line has at most so many columns, and just so many where the terminal does not say."""


class Article(NamedTuple):
    """What each stage made of an article. A stage that dropped it has no lines; one that was not run has no entry."""

    id: str
    title: str
    shard: str
    lines: dict[str, list[str]]


def show(data: Path, id_: str, width: int) -> str:
    """Return all articles with this id, in lines of at most `width` columns; `data` has a folder for every stage.

    Raises a `UserError` that names similar ids and titles if there is none.
    """
    articles, folder = find_articles(data, id_), data / "vocabulary"
    predicted = None
    if (folder / "vocabulary.txt").is_file():
        size = read_facts(folder)["size"] - len(SPECIALS)
        predicted = frozenset(entry.lemma for entry in islice(read_entries(folder), size))
    return "\n\n\n".join("\n".join(_describe(article, predicted, width)) for article in articles)


def find_articles(data: Path, id_: str) -> list[Article]:
    """Return all articles with this id. Raises a `UserError` if there is none."""
    folder, articles = data / "documents", []
    mark = f"#doc\t{id_}\t".encode(errors="surrogatepass")  # lines of text have no tabs; an argument may be no text
    for shard in (path.name for path in shard_paths(folder) if mark in path.read_bytes()):
        titles: list[str] = []
        lines = {}
        for stage in (stage for stage in STAGES if (data / stage).is_dir()):
            path = data / stage / shard
            document = next((x for x in read_shard(path) if x.id == id_), None) if path.is_file() else None
            titles += [document.title] if document else []
            lines[stage] = document.lines if document else []
        articles += [Article(id_, titles[0], shard, lines)] if titles else []
    if not articles:
        raise UserError(f"{folder}: found no article {id_!r}, {_suggest(folder, id_)}")
    return articles


def draw_articles(folder: Path, number: int, seed: int) -> list[tuple[str, str]]:
    """Return id and title of at most `number` articles, those with the least hashes of seed and id, in corpus order.

    When text is added, an article stays drawn unless one with a smaller hash comes along.
    """
    hashed = (
        (hashlib.blake2b(f"{seed}:{id_}".encode(), digest_size=8).digest(), position, (id_, title))
        for position, (id_, title) in enumerate(_read_headers(folder))
    )
    return [header for _, _, header in sorted(heapq.nsmallest(number, hashed), key=lambda drawn: drawn[1])]


def find_dropped(article: Article) -> set[int]:
    """Return the numbers, from 0, of the sentences that are in no fragment: too long, or in a test set."""
    rest = "".join(f"{fragment}\n" for fragment in article.lines["fragments"])
    sentences, dropped = article.lines["sentences"], set()
    for number, (sentence, after) in enumerate(zip(sentences, [*sentences[1:], ""], strict=True)):
        # Where the next sentence begins with all of this one, the longer one decides.
        is_repeated = after.startswith(f"{sentence} ") and rest.startswith((f"{after} ", f"{after}\n"))
        if rest.startswith((f"{sentence} ", f"{sentence}\n")) and not is_repeated:
            rest = rest[len(sentence) + 1 :]
        else:
            dropped.add(number)
    if rest:
        where = f"{article.shard}: article {article.id}"
        raise UserError(f"{where}: its fragments are not made of its sentences; run: dvc repro fragments")
    return dropped


def _describe(article: Article, predicted: Collection[str] | None, width: int) -> Iterator[str]:
    yield printable(_name(article.id, article.title))
    yield f"shard {article.shard}"
    for stage, (unit, piece) in STAGES.items():
        yield ""
        if stage not in article.lines:
            yield f"{stage}: not run; run: dvc repro {stage}"
            continue
        lines, dropped = article.lines[stage], set[int]()
        pieces = sum(line.count(" ") + 1 for line in lines)
        yield f"{stage}: {_count(len(lines), unit)}, {_count(pieces, piece)}" if lines else f"{stage}: dropped"
        if stage == "sentences" and "fragments" in article.lines:
            dropped = find_dropped(article)
        yield from _number(lines, width, dropped)
    if predicted is not None and article.lines.get("lemmas"):
        yield ""
        yield "vocabulary: what the language model predicts by name"
        tokens = (line.split(" ") for line in article.lines["lemmas"])
        known = ([token if token in predicted else SPECIALS[UNKNOWN] for token in line] for line in tokens)
        yield from _number(map(" ".join, known), width, ())


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _number(lines: Iterable[str], width: int, dropped: Collection[int]) -> Iterator[str]:
    for number, line in enumerate(lines):
        note = "[dropped: too long, or in a test set] " if number in dropped else ""
        first = f"{number + 1:>4}  "
        yield from textwrap.wrap(note + printable(line), width, initial_indent=first, subsequent_indent=" " * 6)


def _name(id_: str, title: str) -> str:
    """Return id and title; plain text has no title."""
    return f"{id_} ({title})" if title else id_


def _suggest(folder: Path, id_: str) -> str:
    """Name articles with a similar id, or with this id in their title."""
    titles = dict(_read_headers(folder))
    names = {other: _name(other, title) for other, title in titles.items()}
    close = get_close_matches(id_, [*titles])
    close += [other for other, title in titles.items() if other not in close and id_.casefold() in title.casefold()]
    if close:
        return f"close to it: {', '.join(names[other] for other in close[:3])}"
    page = Paths(folder.parents[1]).metrics / "data.html"
    others = "; metrics/data.html names others" if page.is_file() else ""
    return f"nor one like it; the first are {', '.join([*names.values()][:3])}{others}"


def _read_headers(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield id and title of every article of a folder."""
    for path in shard_paths(folder):
        for match in re.finditer(rb"#doc\t([^\t\n]*)\t([^\n]*)", path.read_bytes()):
            yield match[1].decode(errors="replace"), match[2].decode(errors="replace")
