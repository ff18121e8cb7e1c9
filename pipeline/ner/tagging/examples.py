"""A split as the tagger sees it: vectors of its sentences and numbers for its tags."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, Protocol

import numpy as np

from pipeline.errors import UserError, remake, shown
from pipeline.ner.data.corpus import read_labels, read_split, split_path
from pipeline.ner.scoring.scores import Counts, count
from pipeline.ner.settings import FeatureKind, TaggerSettings
from pipeline.ner.tagging.batches import Indices
from pipeline.ner.tagging.features import Embed, Features, Vectors, build_features
from pipeline.ner.tagging.surface import read_letters
from pipeline.paths import Paths
from pipeline.provenance.code import CELLS, deciding, read_sources
from pipeline.provenance.fingerprint import fingerprint

EMBED = "pipeline/lm/embed.py"
"""The file is only read as text: this package does not import the language model."""


class Embedder(Protocol):
    """A frozen language model; the vectors of a sentence must not depend on the other sentences of a call."""

    width: int

    def embed(self, sentences: list[list[str]]) -> list[Vectors]:
        """Return the top layer of each sentence, (tokens, width)."""

    def layers(self, sentences: list[list[str]]) -> list[Vectors]:
        """Return all layers of each sentence, (layers, tokens, width)."""

    def states(self, sentences: list[list[str]]) -> list[Vectors]:
        """Return the token vectors and the top layer's hidden states of each sentence, side by side, (tokens, any)."""


class Examples(NamedTuple):
    """Vectors of the sentences, and label numbers int64 (tokens,) in the same order."""

    features: Features
    tags: Indices
    labels: list[str]
    layers: int = 1
    """How many layers of the language model stand side by side in a vector."""

    def count_tags(self, predicted: Indices) -> Counts:
        """Count predicted label numbers (tokens,)."""
        return count(self.tags, predicted, self.features.lengths, self.labels)


def load_examples(paths: Paths, name: str, split: str, embedder: Embedder, kind: FeatureKind) -> Examples:
    """Read a split of a data set; its features come from `paths.features` or from `embedder`, which is `paths.lm`."""
    corpus = paths.corpora / name
    path, labels = split_path(corpus, split), read_labels(corpus)
    sentences = list(read_split(path))
    if not sentences:
        raise UserError(f"{path}: found no sentence; {remake('corpora')}")
    read = {"mix": "all"}.get(kind, kind)
    key = fingerprint({"layers": read, "code": embedding_code()}, path, paths.lm)
    lemmas = [sentence.lemmas for sentence in sentences]
    letters = read_letters(token for sentence in sentences for token in sentence.tokens)
    features = build_features(paths.features, key, lemmas, choose_embed(embedder, kind), letters)
    tags = encode_tags(str(path), (sentence.tags for sentence in sentences), labels, "corpora")
    layers = features.width // embedder.width if read == "all" else 1
    return Examples(features, tags, labels, layers)


@contextmanager
def features_of_tokens(
    cache: Path,
    sentences: list[list[str]],
    lemmatize: Callable[[list[str]], list[str]],
    embedder: Embedder,
    kind: FeatureKind,
) -> Iterator[Features]:
    """Give the features of sentences of tokens that are in no file, such as a split whose tokens were changed.

    `lemmatize` returns the words that the language model reads for the tokens of a sentence. The features are needed
    once: they are in `cache`, on the disk of the other features, and are deleted when the block ends.
    """
    with TemporaryDirectory(prefix=".changed.", dir=cache) as scratch:
        lemmas = [lemmatize(tokens) for tokens in sentences]
        letters = read_letters(token for tokens in sentences for token in tokens)
        yield build_features(Path(scratch), "changed", lemmas, choose_embed(embedder, kind), letters)


def in_lower_case(
    cache: Path,
    features: Features,
    sentences: list[list[str]],
    lemmatize: Callable[[list[str]], list[str]] | None,
    embedder: Embedder,
    tagger: TaggerSettings,
) -> AbstractContextManager[Features | None]:
    """Give the features of a split whose tokens are all in lower case; None if the tagger reads nothing of the case.

    `lemmatize` is that of `features_of_tokens`, or None where the language model reads tokens in lower case anyway.
    """
    if lemmatize is None:
        return nullcontext(features.in_lower_case() if tagger.surface else None)
    lowered = [[token.lower() for token in tokens] for tokens in sentences]
    return features_of_tokens(cache, lowered, lemmatize, embedder, tagger.features)


def choose_embed(embedder: Embedder, kind: FeatureKind) -> Embed:
    """Return what makes the vectors of this kind; all layers stand side by side, for the tagger to mix."""

    def side_by_side(sentences: list[list[str]]) -> list[Vectors]:
        # (layers, tokens, width) -> (tokens, layers, width) -> (tokens, layers * width)
        return [layers.transpose(1, 0, 2).reshape(layers.shape[1], -1) for layers in embedder.layers(sentences)]

    return {"top": embedder.embed, "states": embedder.states}.get(kind, side_by_side)


def embedding_code() -> dict[str, str]:
    """Return the code that decides how weights embed, with every architecture, since these are imported by name."""
    sources = read_sources()
    cells = [path for path in sources if path.startswith(CELLS) and path.endswith(".py")]
    return {path: text for start in [EMBED, *cells] for path, text in deciding(start, sources).items()}


def encode_tags(location: str, sentences: Iterable[list[str]], labels: list[str], stage: str) -> Indices:
    """Return the number in `labels` of every tag of the sentences, int64 (tokens,).

    A `UserError` about an unknown tag names the location and the stage that makes the file again.
    """
    numbers = {label: number for number, label in enumerate(labels)}
    try:
        return np.array([numbers[tag] for tags in sentences for tag in tags], dtype=np.int64)
    except KeyError as error:
        fault = f"found label {shown(error)}, expected one of {' '.join(labels)}"
        raise UserError(f"{location}: {fault}; {remake(stage)}") from None
