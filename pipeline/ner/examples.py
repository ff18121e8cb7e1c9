"""A split as the tagger meets it: vectors of its sentences and numbers for its tags."""

from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from pipeline.errors import UserError
from pipeline.fingerprint import fingerprint
from pipeline.ner.batches import Indices
from pipeline.ner.corpus import read_split, split_path
from pipeline.ner.features import Features, build_features
from pipeline.ner.sentence import Sentence

EMBEDDING = [
    *("batches.py", "bilm.py", "charcnn.py", "chars.py", "elmo/cell.py", "elmo/options.py", "elmo/stacks.py"),
    *("embed.py", "lemmas.py", "rnn", "settings.py", "softmax.py", "stack.py"),
]
"""What of `pipeline/lm` decides how given weights embed: part of the cache's key. Training is not among it."""


class Embedder(Protocol):
    """A frozen language model."""

    width: int

    def embed(self, sentences: list[list[str]]) -> list[npt.NDArray[np.float32]]:
        """Vectors of sentences, each (tokens, width); must not depend on which sentences come together."""


class Examples(NamedTuple):
    """Vectors of the sentences, and label numbers int64 (tokens,) in the same order."""

    features: Features
    tags: Indices


def load_examples(corpus: Path, split: str, labels: list[str], cache: Path, lm: Path, embedder: Embedder) -> Examples:
    """Read a split and have its features made by `embedder`, which is of the folder `lm`, unless the cache has them."""
    path = split_path(corpus, split)
    sentences = list(read_split(path))
    key = fingerprint({}, path, lm, *embedding_code())
    features = build_features(cache, key, [sentence.lemmas for sentence in sentences], embedder.embed, embedder.width)
    return Examples(features, encode_tags(str(path), sentences, labels))


def embedding_code() -> list[Path]:
    """The files and folders of `EMBEDDING`, read as data: this room does not import that one."""
    return [Path(__file__).parents[1] / "lm" / name for name in EMBEDDING]


def encode_tags(place: str, sentences: list[Sentence], labels: list[str]) -> Indices:
    """The place in `labels` of every tag, int64 (tokens,); `place` names the sentences in messages."""
    numbers = {label: number for number, label in enumerate(labels)}
    try:
        return np.array([numbers[tag] for sentence in sentences for tag in sentence.tags], dtype=np.int64)
    except KeyError as error:
        raise UserError(f"{place}: found label {error}, expected one of {' '.join(labels)}") from None
