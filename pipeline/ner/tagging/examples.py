"""A split as the tagger meets it: vectors of its sentences and numbers for its tags."""

from typing import NamedTuple, Protocol

import numpy as np

from pipeline.errors import UserError, remake, shown
from pipeline.ner.data.corpus import Sentence, read_labels, read_split, split_path
from pipeline.ner.scoring.scores import Counts, count
from pipeline.ner.settings import FeatureKind
from pipeline.ner.tagging.batches import Indices
from pipeline.ner.tagging.features import Embed, Features, Vectors, build_features
from pipeline.paths import Paths
from pipeline.provenance.code import CELLS, deciding, read_sources
from pipeline.provenance.fingerprint import fingerprint

EMBED = "pipeline/lm/embed.py"
"""Read as data: this room does not import that one."""


class Embedder(Protocol):
    """A frozen language model."""

    width: int

    def embed(self, sentences: list[list[str]]) -> list[Vectors]:
        """Vectors of sentences, each (tokens, width); must not depend on which sentences come together."""

    def layers(self, sentences: list[list[str]]) -> list[Vectors]:
        """The same of all layers, each (layers, tokens, width)."""


class Examples(NamedTuple):
    """Vectors of the sentences, and label numbers int64 (tokens,) in the same order."""

    features: Features
    tags: Indices
    labels: list[str]
    layers: int = 1
    """Layers of the language model that stand side by side in a vector."""

    def count_tags(self, predicted: Indices) -> Counts:
        """The counts of predicted label numbers (tokens,)."""
        return count(self.tags, predicted, self.features.lengths, self.labels)


def load_examples(paths: Paths, name: str, split: str, embedder: Embedder, kind: FeatureKind) -> Examples:
    """Read a split of a data set; `embedder`, that of `paths.lm`, makes its features unless `paths.features` has them.

    The labels are those of the set.
    """
    corpus = paths.corpora / name
    path, labels = split_path(corpus, split), read_labels(corpus)
    sentences = list(read_split(path))
    if not sentences:
        raise UserError(f"{path}: found no sentence; {remake('corpora')}")
    key = fingerprint({"all layers": kind != "top", "code": embedding_code()}, path, paths.lm)
    lemmas = [sentence.lemmas for sentence in sentences]
    features = build_features(paths.features, key, lemmas, choose_embed(embedder, kind))
    return Examples(features, encode_tags(str(path), sentences, labels), labels, features.width // embedder.width)


def choose_embed(embedder: Embedder, kind: FeatureKind) -> Embed:
    """What makes the vectors that `kind` means; a mix is the tagger's, and needs all layers side by side."""

    def side_by_side(sentences: list[list[str]]) -> list[Vectors]:
        # (layers, tokens, width) -> (tokens, layers, width) -> (tokens, layers * width)
        return [layers.transpose(1, 0, 2).reshape(layers.shape[1], -1) for layers in embedder.layers(sentences)]

    return embedder.embed if kind == "top" else side_by_side


def embedding_code() -> dict[str, str]:
    """What decides how given weights embed; of the architectures, which are imported by name, all."""
    sources = read_sources()
    cells = [path for path in sources if path.startswith(CELLS) and path.endswith(".py")]
    return {path: text for start in [EMBED, *cells] for path, text in deciding(start, sources).items()}


def encode_tags(place: str, sentences: list[Sentence], labels: list[str]) -> Indices:
    """The number in `labels` of every tag, int64 (tokens,); `place` names the sentences in messages."""
    numbers = {label: number for number, label in enumerate(labels)}
    try:
        return np.array([numbers[tag] for sentence in sentences for tag in sentence.tags], dtype=np.int64)
    except KeyError as error:
        raise UserError(f"{place}: found label {shown(error)}, expected one of {' '.join(labels)}") from None
