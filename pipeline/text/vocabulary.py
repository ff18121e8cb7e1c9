"""Lemmas to types, ids and two sides: one to train on, one to measure perplexity on."""

import hashlib
from array import array
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import IO, NamedTuple

from pipeline.files.ids import Ids, read_packed, write_packed
from pipeline.files.shards import Counts, read_shard
from pipeline.files.vocabulary import SPECIALS, Entry, Vocabulary, format_entry, parse_entries
from pipeline.text.cuts import whole_name
from pipeline.text.settings import VocabularySettings

SIDES = TRAIN, VALIDATION = ("train", "validation")


class Split(NamedTuple):
    """Which documents are on which side."""

    seed: int
    validation_share: float

    def side(self, document_id: str) -> str:
        """By a hash of seed and id: the order of documents has no say, and the parts of one stay together."""
        digest = hashlib.blake2b(f"{self.seed}:{whole_name(document_id)}".encode(), digest_size=8).digest()
        return VALIDATION if int.from_bytes(digest, "big") < self.validation_share * 2**64 else TRAIN


def count_lemmas(split: Split, source: Path, file: IO[bytes], counts: Counts) -> None:
    """Write how often train of a shard has each of its lemmas: 0 where only validation has it.

    Validation has no say in what is predicted. Nothing goes to `counts`.
    """
    lemmas: Counter[str] = Counter()
    for document in read_shard(source):
        in_train = split.side(document.id) == TRAIN
        for line in document.lines:
            tokens = line.split(" ")
            lemmas.update(tokens if in_train else dict.fromkeys(tokens, 0))
    file.writelines(format_entry(Entry(*item)).encode() for item in lemmas.items())


def sum_lemmas(paths: Iterable[Path]) -> Counter[str]:
    """The sum of what `count_lemmas` has written, one lemma at a time."""
    total: Counter[str] = Counter()
    for path in paths:
        with path.open(encoding="utf-8", newline="\n") as file:
            for lemma, frequency in parse_entries(file):
                total[lemma] += frequency
    return total


def build_vocabulary(counts: Counter[str], settings: VocabularySettings) -> Vocabulary:
    """All types by falling count in train, equal counts by lemma; the softmax predicts the leading, frequent ones."""
    entries = sorted((Entry(*item) for item in counts.items()), key=lambda entry: (-entry.frequency, entry.lemma))
    frequent = sum(entry.frequency >= settings.min_count for entry in entries)
    return Vocabulary(entries, min(settings.size, len(SPECIALS) + frequent))


def encode_lemmas(split: Split, entries: Path, size: int, source: Path, file: IO[bytes], counts: Counts) -> None:
    """Write the fragments of a shard as ids, first those of train, for `read_side`, and count both sides.

    The file `entries` holds the vocabulary's entries and never changes. The softmax predicts ids below `size`.
    """
    ids = _load(entries)
    sequences: dict[str, list[array[int]]] = {side: [] for side in SIDES}
    for document in read_shard(source):
        side = split.side(document.id)
        counts[f"documents_{side}"] += 1
        for line in document.lines:
            sequence = [ids[lemma] for lemma in line.split(" ")]
            sequences[side].append(array("i", sequence))  # of a large shard, half of what a list takes
            counts[f"tokens_{side}"] += len(sequence)
            counts[f"tokens_predicted_{side}"] += sum(i < size for i in sequence)
    for side in SIDES:
        counts[f"fragments_{side}"] = len(sequences[side])
        write_packed(file, sequences[side])


def read_side(path: Path, side: str) -> list[Ids]:
    """The fragments of one side that `encode_lemmas` has written, in order."""
    with path.open("rb") as file:
        return {name: read_packed(file) for name in SIDES}[side]


@lru_cache(maxsize=1)  # once in each process, and never pickled
def _load(entries: Path) -> dict[str, int]:
    with entries.open(encoding="utf-8", newline="\n") as file:
        return {entry.lemma: len(SPECIALS) + number for number, entry in enumerate(parse_entries(file))}
