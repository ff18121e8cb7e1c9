"""A test split, and what the taggers of one experiment predicted for it: data/predictions/<set>/seed-<n>.txt.

    O B-PER I-PER
    B-LOC O

A line is a sentence, in the order of data/ner/<set>/test.tsv, with a label for each token and single spaces between.
The file has labels and no counts, so that any two experiments are counted by the same code.
"""

import io
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline.errors import UserError, remake
from pipeline.ner.data.corpus import LABELS, Sentence, parse_labels, parse_split, split_path
from pipeline.ner.scoring.scores import Counts, count
from pipeline.ner.tagging.batches import Indices
from pipeline.ner.tagging.examples import encode_tags
from pipeline.work.outputs import need, write_text

PREFIX, SUFFIX = "seed-", ".txt"


class Split(NamedTuple):
    """The test split: label numbers int64 (tokens,), lengths int64 (sentences,)."""

    labels: list[str]
    sentences: list[Sentence]
    gold: Indices
    lengths: Indices

    def tokens(self, index: int) -> slice:
        """Return the slice of the split's tokens that a sentence has."""
        start = int(self.lengths[:index].sum())
        return slice(start, start + int(self.lengths[index]))


class Taggers(NamedTuple):
    """The predictions of the taggers of an experiment, in the order of their seeds."""

    seeds: list[str]
    tags: list[Indices]
    """The label numbers (tokens,) of each tagger."""
    counts: list[Counts]


def prediction_path(folder: Path, seed: str) -> Path:
    """Return the file of the tagger with this seed."""
    return folder / f"{PREFIX}{seed}{SUFFIX}"


def parse_seed(name: str) -> str:
    """Return the seed in the name of a file of predictions."""
    seed = name.removeprefix(PREFIX).removesuffix(SUFFIX)
    if not seed.isdecimal():
        raise UserError(f"{name}: is no file of predictions, expected seed-1.txt and so on; {remake('evaluate')}")
    return seed


def write_predictions(path: Path, tags: Indices, lengths: Indices, labels: list[str]) -> None:
    """Write label numbers (tokens,) of sentences one after the other, lengths (sentences,)."""
    sentences = np.split(tags, np.cumsum(lengths)[:-1])
    write_text(path, "".join(" ".join(labels[tag] for tag in sentence) + "\n" for sentence in sentences))


def parse_predictions(data: bytes, location: str, lengths: Indices, labels: list[str]) -> Indices:
    """Parse what `write_predictions` wrote for the same sentences and labels; `location` is the file, for messages."""
    lines = data.decode("utf-8", "replace").removesuffix("\n").split("\n")  # U+FFFD is in no label
    sentences = [line.split(" ") for line in lines]
    tags = encode_tags(location, sentences, labels, "evaluate")
    for number, (length, expected) in enumerate(zip_longest(map(len, sentences), lengths.tolist(), fillvalue=0), 1):
        if length != expected:
            fault = f"found {length} labels, expected {expected}, one a token of the test split"
            raise UserError(f"{location}:{number}: {fault}; {remake('evaluate')}")
    return tags


def read_tested(corpus: Path, predictions: Path) -> tuple[Split, Taggers]:
    """Read the test split and the taggers of a data set in the workspace from their two folders."""
    files = [need(corpus / LABELS, "corpora"), need(split_path(corpus, "test"), "corpora")]
    split = parse_test([file.read_bytes() for file in files], [str(file) for file in files])
    texts = {parse_seed(file.name): (str(file), file.read_bytes()) for file in predictions.glob(f"{PREFIX}*{SUFFIX}")}
    if not texts:
        fault = "found no predictions; run the stage that makes them"
        raise UserError(f"{predictions}: {fault}: dvc repro evaluate@{corpus.name}")
    return split, parse_taggers(texts, split)


def parse_test(files: Sequence[bytes], locations: Sequence[str]) -> Split:
    """Parse the contents of labels.json and test.tsv; `locations` are the two files, for messages."""
    labels, sentences = parse_labels(files[0], locations[0]), list(parse_split(io.BytesIO(files[1]), locations[1]))
    if not sentences:
        raise UserError(f"{locations[1]}: empty, expected sentences; {remake('corpora')}")
    gold = encode_tags(locations[1], (sentence.tags for sentence in sentences), labels, "corpora")
    lengths = np.array([len(sentence.tokens) for sentence in sentences], dtype=np.int64)
    return Split(labels, sentences, gold, lengths)


def parse_taggers(predictions: Mapping[str, tuple[str, bytes]], split: Split) -> Taggers:
    """Parse the predictions: for each seed the name of the file, for messages, and its content."""
    seeds = sorted(predictions, key=int)
    files = [predictions[seed] for seed in seeds]
    tags = [parse_predictions(data, location, split.lengths, split.labels) for location, data in files]
    return Taggers(seeds, tags, [count(split.gold, row, split.lengths, split.labels) for row in tags])


def describe_seeds(seeds: Sequence[str]) -> str:
    """`seed 1`, or `seeds 1, 2`."""
    return f"seed{'s' if len(seeds) > 1 else ''} {', '.join(seeds)}"
