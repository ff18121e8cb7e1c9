"""Fragments drawn from the whole corpus."""

import hashlib
import heapq
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pipeline.corpus.article import count_ids
from pipeline.progress import track
from pipeline.shards import read_shard, shard_paths


class Drawn(NamedTuple):
    """A fragment by its place: the shard, the article, and its number in it, from 0."""

    shard: str
    article: str
    number: int


def draw_fragments(documents: Path, fragments: Path, number: int, seed: int) -> list[Drawn]:
    """So many fragments, in the order of the corpus, or all if there are fewer; the folders are those of the stages.

    None is of an article whose id another one in its shard of documents has: they could not be told apart.
    They are those of the least hash of seed, article and number: a fragment that is drawn once stays drawn until a text
    that is added brings one of a smaller hash.
    """
    places = track(_places(documents, fragments), "drawing fragments", "fragments")
    numbered = ((_hash(place, seed), position, place) for position, place in enumerate(places))
    least = heapq.nsmallest(number, numbered)
    return [place for _, _, place in sorted(least, key=lambda drawn: drawn[1])]


def _places(documents: Path, fragments: Path) -> Iterator[Drawn]:
    for path in shard_paths(fragments):
        ids = count_ids(documents / path.name)
        for document in read_shard(path):
            if ids[document.id] == 1:
                for number in range(len(document.lines)):
                    yield Drawn(path.name, document.id, number)


def _hash(drawn: Drawn, seed: int) -> bytes:
    return hashlib.blake2b(f"{seed}:{drawn.article}:{drawn.number}".encode(), digest_size=8).digest()
