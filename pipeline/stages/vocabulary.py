"""Stage vocabulary: lines of lemmas to a vocabulary and to ids, split into train and validation by article."""

import shutil
from collections import Counter
from functools import partial
from itertools import chain
from pathlib import Path

from pipeline.errors import UserError
from pipeline.files.ids import write_ids
from pipeline.files.json import write_json
from pipeline.files.shards import COUNTS, Counts, shard_paths
from pipeline.files.vocabulary import SPECIALS
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.provenance.fingerprint import sha256
from pipeline.text.mapping import finish_shards
from pipeline.text.settings import VocabularySettings
from pipeline.text.vocabulary import SIDES, Split, build_vocabulary, count_lemmas, encode_lemmas, read_side, sum_lemmas
from pipeline.work.finished import Finished, keep_finished
from pipeline.work.outputs import fresh_folder
from pipeline.work.workers import Workers


def run(paths: Paths, params: Params) -> None:
    """Read `paths.lemmas`; write the vocabulary, `train` and `validation` ids (see `pipeline.files.ids`) and the counts
    to `paths.vocabulary`.

    The block `vocabulary` says how large it is and which share is held out, the seed which articles these are.
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
    """Count shard by shard, and write the types of all shards. Return how many there are, in train and predicted."""
    count = partial(count_lemmas, split)
    counted = finish_shards(count, shard_paths(source), "vocabulary", split._asdict(), finished, workers)
    vocabulary = build_vocabulary(sum_lemmas(finished.path(key) for key, _ in counted), settings)
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
