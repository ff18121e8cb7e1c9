"""The taggers that two revisions have for one data set, on the same test sentences."""

import io
from collections.abc import Sequence
from itertools import zip_longest
from typing import NamedTuple

import numpy as np

from pipeline import layout
from pipeline.errors import UserError
from pipeline.experiments.lock import stale
from pipeline.experiments.revision import Revision
from pipeline.ner.batches import Indices
from pipeline.ner.corpus import LABELS, parse_labels, parse_split, split_path
from pipeline.ner.examples import encode_tags
from pipeline.ner.predictions import parse_predictions, parse_seed, prediction_path
from pipeline.ner.scores import Counts, count
from pipeline.ner.sentence import Sentence


class Split(NamedTuple):
    """The test split: label numbers int64 (tokens,), lengths int64 (sentences,)."""

    labels: list[str]
    sentences: list[Sentence]
    gold: Indices
    lengths: Indices


class Taggers(NamedTuple):
    """What the taggers of a revision predicted, in the order of their seeds."""

    seeds: list[str]
    tags: list[Indices]
    """Label numbers of all tokens, each (tokens,)."""
    counts: list[Counts]


class Pair(NamedTuple):
    """One data set in both revisions."""

    name: str
    split: Split
    a: Taggers
    b: Taggers


def find_sets(revision: Revision) -> dict[str, str]:
    """The data sets whose test predictions a revision has, each with the stage that made them."""
    folder = f"{layout.PREDICTIONS.as_posix()}/"
    found = {
        out["path"].removeprefix(folder): stage
        for stage, entry in sorted(revision.stages.items())
        for out in entry.get("outs", [])
        if out["path"].startswith(folder)
    }
    if not found:
        raise UserError(
            f"{revision.name}: found no predictions ({folder}<set>): evaluate has not run there, or at a time when it "
            f"kept none; {revision.advice}"
        )
    return found


def read_pair(a: Revision, b: Revision, name: str) -> Pair:
    """Read and check; a `UserError` says why the two cannot be compared on this data set."""
    for revision in (a, b):
        _check_fresh(revision, name)
    split = _read_common_split(a, b, name)
    return Pair(name, split, _read_taggers(a, name, split), _read_taggers(b, name, split))


def _check_fresh(revision: Revision, name: str) -> None:
    """Predictions that other settings, data or code led to are not this revision's."""
    changed = next(stale(revision.stages, find_sets(revision)[name], revision.params, revision.md5), None)
    if changed:
        raise UserError(
            f"{revision.name}: {(layout.PREDICTIONS / name).as_posix()} is out of date, for this has changed since "
            f"({changed}); {revision.advice}, or, if the change cannot matter, dvc commit"
        )


def _read_common_split(a: Revision, b: Revision, name: str) -> Split:
    """The test split of A, once it is known to be that of B; lemmas may differ."""
    files = [(layout.CORPORA / name / LABELS).as_posix(), split_path(layout.CORPORA / name, "test").as_posix()]
    mine, yours = ([revision.read(file) for file in files] for revision in (a, b))
    split = _parse_split(mine, [f"{a.name}: {file}" for file in files])
    if mine != yours:
        _check_same(a, b, split, _parse_split(yours, [f"{b.name}: {file}" for file in files]), *files)
    return split


def _parse_split(texts: list[str], places: list[str]) -> Split:
    labels = parse_labels(texts[0], places[0])
    sentences = list(parse_split(io.StringIO(texts[1], newline="\n"), places[1]))
    lengths = np.array([len(sentence.tokens) for sentence in sentences], dtype=np.int64)
    return Split(labels, sentences, encode_tags(places[1], sentences, labels), lengths)


def _check_same(a: Revision, b: Revision, mine: Split, yours: Split, labels: str, test: str) -> None:
    what = "only taggers tested on the same sentences and labels can be compared"
    if mine.labels != yours.labels:
        raise UserError(
            f"{labels}: found {' '.join(mine.labels)} in {a.name}, {' '.join(yours.labels)} in {b.name}; {what}"
        )
    for number, (x, y) in enumerate(zip_longest(mine.sentences, yours.sentences), 1):
        if x is None or y is None or (x.tokens, x.tags) != (y.tokens, y.tags):
            raise UserError(
                f"{test}: found {len(mine.sentences)} sentences in {a.name}, {len(yours.sentences)} in {b.name}, "
                f"different from sentence {number} on; {what}"
            )


def _read_taggers(revision: Revision, name: str, split: Split) -> Taggers:
    folder = layout.PREDICTIONS / name
    seeds = sorted(map(parse_seed, revision.names(folder.as_posix())), key=int)
    paths = [prediction_path(folder, seed).as_posix() for seed in seeds]
    tags = [_read_tags(revision, path, split) for path in paths]
    return Taggers(seeds, tags, [count(split.gold, said, split.lengths, split.labels) for said in tags])


def _read_tags(revision: Revision, path: str, split: Split) -> Indices:
    return parse_predictions(revision.read(path), f"{revision.name}: {path}", split.lengths, split.labels)


def describe_seeds(seeds: Sequence[str]) -> str:
    """seed 1; seeds 1, 2."""
    return f"seed{'s' if len(seeds) > 1 else ''} {', '.join(seeds)}"
