"""A split as the tagger meets it: vectors of its sentences and numbers for its tags."""

from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from pipeline.errors import UserError, remake, shown
from pipeline.ner.data.corpus import read_split, split_path
from pipeline.ner.data.sentence import Sentence
from pipeline.ner.settings import FeatureKind
from pipeline.ner.tagging.batches import Indices
from pipeline.ner.tagging.features import Embed, Features, build_features
from pipeline.provenance.code import CELLS, deciding, read_sources
from pipeline.provenance.fingerprint import fingerprint

EMBED = "pipeline/lm/embed.py"
"""Read as data: this room does not import that one."""


class Embedder(Protocol):
    """A frozen language model."""

    width: int

    def embed(self, sentences: list[list[str]]) -> list[npt.NDArray[np.float32]]:
        """Vectors of sentences, each (tokens, width); must not depend on which sentences come together."""

    def layers(self, sentences: list[list[str]]) -> list[npt.NDArray[np.float32]]:
        """The same of all layers, each (layers, tokens, width)."""


class Examples(NamedTuple):
    """Vectors of the sentences, and label numbers int64 (tokens,) in the same order."""

    features: Features
    tags: Indices
    layers: int = 1
    """Of the language model, one after the other in a vector."""


class Reading(NamedTuple):
    """How sentences become the vectors that a tagger reads."""

    embed: Embed
    """(tokens, width) a sentence; of several layers, one after the other along the width."""
    width: int
    layers: int


def reading(embedder: Embedder, features: FeatureKind) -> Reading:
    """What `features` means with this language model; a mix is the tagger's, and needs all layers side by side."""
    if features == "top":
        return Reading(embedder.embed, embedder.width, 1)
    layers = len(embedder.layers([["1"]])[0])  # any sentence tells
    return Reading(partial(_side_by_side, embedder), layers * embedder.width, layers)


def _side_by_side(embedder: Embedder, sentences: list[list[str]]) -> list[npt.NDArray[np.float32]]:
    return [layers.transpose(1, 0, 2).reshape(layers.shape[1], -1) for layers in embedder.layers(sentences)]


def load_examples(
    corpus: Path,
    split: str,
    labels: list[str],
    cache: Path,
    lm: Path,
    embedder: Embedder,
    features: FeatureKind = "top",
) -> Examples:
    """Read a split and have its features made by `embedder`, which is of the folder `lm`, unless the cache has them."""
    path = split_path(corpus, split)
    sentences = list(read_split(path))
    if not sentences:
        raise UserError(f"{path}: found no sentence; {remake('corpora')}")
    embed, width, layers = reading(embedder, features)
    key = fingerprint({"layers": layers, "code": embedding_code()}, path, lm)
    vectors = build_features(cache, key, [sentence.lemmas for sentence in sentences], embed, width)
    return Examples(vectors, encode_tags(str(path), sentences, labels), layers)


def embedding_code() -> dict[str, str]:
    """What decides how given weights embed; of the architectures, which are imported by name, all."""
    sources = read_sources()
    cells = [path for path in sources if path.startswith(CELLS) and path.endswith(".py")]
    return {path: text for start in [EMBED, *cells] for path, text in deciding(start, sources).items()}


def encode_tags(place: str, sentences: list[Sentence], labels: list[str]) -> Indices:
    """The place in `labels` of every tag, int64 (tokens,); `place` names the sentences in messages."""
    numbers = {label: number for number, label in enumerate(labels)}
    try:
        return np.array([numbers[tag] for sentence in sentences for tag in sentence.tags], dtype=np.int64)
    except KeyError as error:
        raise UserError(f"{place}: found label {shown(error)}, expected one of {' '.join(labels)}") from None
