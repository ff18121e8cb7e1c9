"""Stage vocabulary: lines of lemmas become a vocabulary and ids, split into train and validation by article."""

import hashlib
import shutil
from array import array
from collections import Counter
from functools import lru_cache, partial
from itertools import chain
from pathlib import Path
from typing import IO, NamedTuple

from pipeline.errors import UserError
from pipeline.files.ids import Ids, read_packed, write_ids, write_packed
from pipeline.files.json import write_json
from pipeline.files.shards import COUNTS, Counts, read_shard, shard_paths
from pipeline.files.vocabulary import SPECIALS, Entry, Vocabulary, format_entry, parse_entries
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.provenance.fingerprint import sha256
from pipeline.text.cuts import whole_name
from pipeline.text.mapping import finish_shards
from pipeline.text.settings import VocabularySettings
from pipeline.work.finished import Finished, keep_finished
from pipeline.work.outputs import fresh_folder
from pipeline.work.workers import Workers

SIDES = TRAIN, VALIDATION = ("train", "validation")
"""The side to train on, and the side to measure perplexity on."""


class Split(NamedTuple):
    """Decides which documents are on which side."""

    seed: int
    validation_share: float

    def side(self, document_id: str) -> str:
        """Choose by a hash of seed and id: the order of documents has no say, and the parts of one stay together."""
        digest = hashlib.blake2b(f"{self.seed}:{whole_name(document_id)}".encode(), digest_size=8).digest()
        return VALIDATION if int.from_bytes(digest, "big") < self.validation_share * 2**64 else TRAIN


def run(paths: Paths, params: Params) -> None:
    """Read `paths.lemmas`; write the vocabulary, `train` and `validation` ids (see `pipeline.files.ids`) and the counts
    to `paths.vocabulary`.

    The block `vocabulary` says how large it is and which share is held out; the seed says which articles these are.
    """
    source, settings, workers = paths.lemmas, params.chosen_scale.vocabulary, params.compute
    split = Split(params.seed, settings.validation_share)
    with keep_finished(paths.shards, "vocabulary") as finished, fresh_folder(paths.vocabulary) as folder:
        types = _write_types(source, folder, settings, split, finished, workers)
        if not types["types_predicted"]:
            raise UserError(
                f"{source}: of {types['types']:,} types train has none {settings.min_count:,} times or more, so that a "
                "language model would have nothing to predict; add text, or lower vocabulary.min_count in params.yaml"
            )
        counts = _write_ids(source, folder, len(SPECIALS) + types["types_predicted"], split, finished, workers)
        for side in SIDES:
            if not counts[f"fragments_{side}"]:
                raise UserError(
                    f"{source}: the corpus is too small: of {sum(counts[f'documents_{s}'] for s in SIDES)} documents "
                    f"none is left for {side}; add text, or change seed or vocabulary.validation_share "
                    f"({settings.validation_share}) in params.yaml"
                )
        # the share of the tokens that the softmax predicts by name
        coverage, coverage_validation = (counts[f"tokens_predicted_{s}"] / counts[f"tokens_{s}"] for s in SIDES)
        shares = {"coverage": round(coverage, 6), "coverage_validation": round(coverage_validation, 6)}
        tokens = sum(counts[f"tokens_{side}"] for side in SIDES)
        write_json(folder / COUNTS, {**counts, **types, "tokens": tokens, **shares})


def _write_types(
    source: Path, folder: Path, settings: VocabularySettings, split: Split, finished: Finished, workers: Workers
) -> dict[str, int]:
    """Count shard by shard, and write the types of all shards. Return the numbers of all, train and predicted types."""
    count = partial(count_lemmas, split)
    total: Counter[str] = Counter()
    for key, _ in finish_shards(count, shard_paths(source), "vocabulary", split._asdict(), finished, workers):
        for lemma, frequency in parse_entries(finished.path(key)):
            total[lemma] += frequency
    vocabulary = build_vocabulary(total, settings)
    vocabulary.save(folder)
    in_train, predicted = sum(entry.frequency > 0 for entry in vocabulary.entries), vocabulary.size - len(SPECIALS)
    return {"types": len(vocabulary.entries), "types_train": in_train, "types_predicted": predicted}


def _write_ids(source: Path, folder: Path, size: int, split: Split, finished: Finished, workers: Workers) -> Counts:
    """Encode shard by shard, and write the ids of each side in one file. Return the sum of the counts."""
    # Workers, which may outlive the stage, read the entries under a name that no other entries have.
    text = folder / "vocabulary.txt"
    key = sha256(text)
    if finished.facts(key) is None:
        with text.open("rb") as file, finished.add(key, {}) as copy:
            shutil.copyfileobj(file, copy)
    encode = partial(encode_lemmas, split, finished.path(key), size)
    settings = {"types": key, "size": size, **split._asdict()}
    encoded, counts = [], Counter[str]()
    for shard, of_shard in finish_shards(encode, shard_paths(source), "ids", settings, finished, workers):
        encoded.append(finished.path(shard))
        counts.update(of_shard)
    for side in SIDES:
        write_ids(folder, side, chain.from_iterable(read_side(path, side) for path in encoded))
    return counts


def count_lemmas(split: Split, source: Path, file: IO[bytes], counts: Counts) -> None:
    """Write how often the training side of a shard has each lemma: 0 if only its validation side has it.

    Validation has no say in what is predicted. Nothing goes to `counts`.
    """
    lemmas: Counter[str] = Counter()
    for document in read_shard(source):
        in_train = split.side(document.id) == TRAIN
        for line in document.lines:
            tokens = line.split(" ")
            lemmas.update(tokens if in_train else dict.fromkeys(tokens, 0))
    file.writelines(format_entry(Entry(*item)).encode() for item in lemmas.items())


def build_vocabulary(counts: Counter[str], settings: VocabularySettings) -> Vocabulary:
    """Return all types by falling count in train, equal counts by lemma; the leading, frequent ones are predicted."""
    entries = sorted((Entry(*item) for item in counts.items()), key=lambda entry: (-entry.frequency, entry.lemma))
    frequent = sum(entry.frequency >= settings.min_count for entry in entries)
    return Vocabulary(entries, min(settings.size, len(SPECIALS) + frequent))


def encode_lemmas(split: Split, entries: Path, size: int, source: Path, file: IO[bytes], counts: Counts) -> None:
    """Write the fragments of a shard as ids, those of train first, for `read_side`, and count both sides.

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
    """Return the fragments of one side that `encode_lemmas` has written, in order."""
    with path.open("rb") as file:
        return {name: read_packed(file) for name in SIDES}[side]


@lru_cache(maxsize=1)  # once in each process, and never pickled
def _load(entries: Path) -> dict[str, int]:
    return {entry.lemma: number for number, entry in enumerate(parse_entries(entries), len(SPECIALS))}
