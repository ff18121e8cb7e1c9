"""Fragments drawn from the whole corpus."""

import hashlib
import heapq
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pipeline.files.shards import read_shard, shard_paths
from pipeline.work.progress import track


class Drawn(NamedTuple):
    """A fragment by its place: the shard, the article, and its number in it, from 0."""

    shard: str
    article: str
    number: int


def draw_fragments(fragments: Path, number: int, seed: int) -> list[Drawn]:
    """So many fragments, in the order of the corpus, or all if there are fewer; the folder is that of the stage.

    They are those of the least hash of seed, article and number: a fragment that is drawn once stays drawn until a text
    that is added brings one of a smaller hash.
    """
    places = track(_places(fragments), "drawing fragments", "fragments")
    numbered = ((_hash(place, seed), position, place) for position, place in enumerate(places))
    least = heapq.nsmallest(number, numbered)
    return [place for _, _, place in sorted(least, key=lambda drawn: drawn[1])]


def _places(fragments: Path) -> Iterator[Drawn]:
    for path in shard_paths(fragments):
        for document in read_shard(path):
            for number in range(len(document.lines)):
                yield Drawn(path.name, document.id, number)


def _hash(drawn: Drawn, seed: int) -> bytes:
    return hashlib.blake2b(f"{seed}:{drawn.article}:{drawn.number}".encode(), digest_size=8).digest()
