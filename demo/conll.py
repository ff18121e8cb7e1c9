"""The NER sets in the two published formats, with the irregularities that their readers must survive.

WikiNEuRal                        MultiCoNER
0<TAB>Марков<TAB>B-PER            # id 0b0c...<TAB>domain=train
1<TAB>купил<TAB>O                 марков _ _ B-PER
                                  купил _ _ O
"""

import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from uuid import UUID

from demo.entities import Deck, world
from demo.records import Sentence, Token
from demo.sentences import Cast, sentence
from demo.settings import DemoSettings
from demo.templates import ALL, FAMILIAR, HASH

COARSE = {"PER": "PER", "LOC": "LOC", "CORP": "ORG", "GRP": "ORG", "PROD": "MISC", "CW": "MISC"}
DOMAINS = {"train": "train", "validation": "dev", "test": "test"}  # as MultiCoNER names its parts


def sentences(corpus: str, part: str, settings: DemoSettings, random: Random) -> Iterator[Sentence]:
    """Yield the sentences of a part, with entities of its own; test and validation have patterns unseen in train."""
    cast = Cast.everyone(world(settings.seed), part, random)
    patterns = Deck(FAMILIAR if part == "train" else ALL, random)
    for index in range(getattr(settings, part)):
        hashed = corpus == "multiconer" and index % 40 == 7
        yield sentence(HASH if hashed else patterns.deal(), cast, random)


def write_wikineural(part: str, path: Path, settings: DemoSettings) -> None:
    """Write one part, gzipped."""
    random = Random(f"{settings.seed}/wikineural/{part}")
    blocks = []
    for index, tokens in enumerate(sentences("wikineural", part, settings, random)):
        tags = [coarse(token.tag) for token in tokens]
        if index % 50 == 11:
            tags = orphaned(tags)
        rows = [f"{i}\t{tokens[i].form}\t{tag}\n" for i, tag in enumerate(tags)]
        blocks.append("".join(rows) + "\n")
    write_blocks(path, blocks)


def write_blocks(path: Path, blocks: Iterable[str]) -> None:
    """Write gzip without a time in the header, so that the same text gives the same bytes."""
    path.write_bytes(gzip.compress("".join(blocks).encode(), mtime=0))


def coarse(tag: str) -> str:
    return tag if tag == "O" else tag[:2] + COARSE[tag[2:]]


def orphaned(tags: list[str]) -> list[str]:
    """Turn the first B- into an I- without a beginning; a BIO repair gives the same entity back."""
    first = next((i for i, tag in enumerate(tags) if tag != "O"), None)
    return [tag.replace("B-", "I-") if i == first else tag for i, tag in enumerate(tags)]


def write_multiconer(part: str, path: Path, settings: DemoSettings) -> None:
    """Write one part, gzipped."""
    random = Random(f"{settings.seed}/multiconer/{part}")
    blocks = []
    for index, tokens in enumerate(sentences("multiconer", part, settings, random)):
        if part == "train" and index == 3:
            tokens = with_blank(tokens)
        identity = UUID(int=random.getrandbits(128), version=4)
        rows = "".join(f"{token.form.lower()} _ _ {token.tag}\n" for token in tokens)
        blocks.append(f"# id {identity}\tdomain={DOMAINS[part]}\n{rows}\n")
    write_blocks(path, blocks)


def with_blank(tokens: Sentence) -> Sentence:
    """Put a token with a space in it before the full stop: one row has five fields, as in the real train file."""
    return [*tokens[:-1], Token("ivan_i _", "ivan_i _", "PROPN"), tokens[-1]]
