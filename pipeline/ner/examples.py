"""A split as the tagger meets it: vectors of its sentences and numbers for its tags."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline.errors import UserError
from pipeline.ner.batches import Indices
from pipeline.ner.corpus import read_split, split_path
from pipeline.ner.features import Embed, Features, build_features, content_key
from pipeline.ner.sentence import Sentence


class Examples(NamedTuple):
    """Vectors of the sentences, and label numbers int64 (tokens,) in the same order."""

    features: Features
    tags: Indices


def load_examples(
    corpus: Path, split: str, labels: list[str], cache: Path, embedder: list[Path], embed: Embed, width: int
) -> Examples:
    """Read a split and have its features made, unless the cache has them.

    `embedder` are the files and folders, code included, that decide what `embed` answers.
    """
    path = split_path(corpus, split)
    sentences = list(read_split(path))
    key = content_key(path, *embedder)
    features = build_features(cache, key, [sentence.lemmas for sentence in sentences], embed, width)
    return Examples(features, encode_tags(path, sentences, labels))


def encode_tags(path: Path, sentences: list[Sentence], labels: list[str]) -> Indices:
    """The place in `labels` of every tag, int64 (tokens,)."""
    numbers = {label: number for number, label in enumerate(labels)}
    try:
        return np.array([numbers[tag] for sentence in sentences for tag in sentence.tags], dtype=np.int64)
    except KeyError as error:
        raise UserError(f"{path}: found label {error}, expected one of {' '.join(labels)}") from None
