"""A test split and what the taggers of one experiment said about it."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline.errors import UserError, remake
from pipeline.ner.data.corpus import LABELS, parse_labels, parse_split, split_path
from pipeline.ner.data.sentence import Sentence
from pipeline.ner.scoring.predictions import parse_predictions, parse_seed, prediction_path
from pipeline.ner.scoring.scores import Counts, count
from pipeline.ner.tagging.batches import Indices
from pipeline.ner.tagging.examples import encode_tags
from pipeline.work.outputs import need


class Split(NamedTuple):
    """The test split: label numbers int64 (tokens,), lengths int64 (sentences,)."""

    labels: list[str]
    sentences: list[Sentence]
    gold: Indices
    lengths: Indices

    def tokens(self, index: int) -> slice:
        """Where the tokens of a sentence are among all."""
        start = int(self.lengths[:index].sum())
        return slice(start, start + int(self.lengths[index]))


class Taggers(NamedTuple):
    """What the taggers of an experiment predicted, in the order of their seeds."""

    seeds: list[str]
    tags: list[Indices]
    """Label numbers of all tokens, each (tokens,)."""
    counts: list[Counts]


def read_tested(corpus: Path, predictions: Path) -> tuple[Split, Taggers]:
    """The test split of a data set and the taggers of the workspace, from the folders of the two."""
    files = [need(corpus / LABELS, "corpora"), need(split_path(corpus, "test"), "corpora")]
    split = parse_test([file.read_bytes() for file in files], [str(file) for file in files])
    found = sorted(predictions.glob(prediction_path(Path(), "*").name))
    if not found:
        raise UserError(
            f"{predictions}: found no predictions; run the stage that makes them: dvc repro evaluate@{corpus.name}"
        )
    texts = {parse_seed(file.name): (str(file), file.read_bytes()) for file in found}
    return split, parse_taggers(texts, split)


def parse_test(files: Sequence[bytes], places: Sequence[str]) -> Split:
    """The split from the files of its labels and sentences; `places` name the two in messages."""
    labels, test = files
    names = parse_labels(labels, places[0])
    sentences = list(parse_split(io.BytesIO(test), places[1]))
    if not sentences:
        raise UserError(f"{places[1]}: empty, expected sentences; {remake('corpora')}")
    lengths = np.array([len(sentence.tokens) for sentence in sentences], dtype=np.int64)
    return Split(names, sentences, encode_tags(places[1], sentences, names), lengths)


def parse_taggers(predictions: Mapping[str, tuple[str, bytes]], split: Split) -> Taggers:
    """The taggers from their predictions: by seed the place, for messages, and the file."""
    seeds = sorted(predictions, key=int)
    found = [predictions[seed] for seed in seeds]
    tags = [parse_predictions(data, place, split.lengths, split.labels) for place, data in found]
    return Taggers(seeds, tags, [count(split.gold, said, split.lengths, split.labels) for said in tags])


def describe_seeds(seeds: Sequence[str]) -> str:
    """seed 1; seeds 1, 2."""
    return f"seed{'s' if len(seeds) > 1 else ''} {', '.join(seeds)}"
