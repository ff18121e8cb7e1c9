"""The tagger, `pipeline.ner.tagging.tagger`: vectors of tokens to scores of labels."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline.light.bilstm import BiLstm
from pipeline.light.block import Block
from pipeline.light.crf import Crf
from pipeline.light.form import NoLightForm, need_known
from pipeline.light.linear import Linear
from pipeline.light.lm import KINDS
from pipeline.light.packed import Packed
from pipeline.light.surface import Surface
from pipeline.light.weights import Floats, Weights
from pipeline.ner.data.bio import bio_labels, tag_type

CONFIG, WEIGHTS = "config.json", "weights.safetensors"
TRAINING = ("dropout", "word_dropout")
"""Settings that decide nothing when a tagger predicts."""


class Sizes(NamedTuple):
    """config.json, but for the settings of the training; see `pipeline.ner.settings`."""

    features: str
    width: int
    lm_layers: int
    standardise: bool
    bottleneck: int
    surface: int
    characters: str
    hidden: int
    layers: int
    labels: list[str]


class Tagger:
    """Scores of labels for tokens, from their vectors and from the tokens as given."""

    def __init__(self, folder: Path) -> None:
        """Load a tagger's folder. Raises `NoLightForm`, or a `UserError` that names a damaged file."""
        self.sizes = sizes = read_sizes(Block.read(folder / CONFIG, "ner"))
        weights, width = Weights(folder / WEIGHTS, "ner"), sizes.width
        self._standard = [weights.array(name, width) for name in ("mean", "deviation") if sizes.standardise]
        if sizes.features == "mix":
            scores = weights.array("mix.scores", sizes.lm_layers)
            shares = np.exp(scores - scores.max())
            self._mix = weights.array("mix.gamma") * shares / shares.sum()  # (lm_layers,)
            width //= sizes.lm_layers
        if sizes.bottleneck:
            self._bottleneck = Linear(weights, "bottleneck", width, sizes.bottleneck)
            width = sizes.bottleneck
        if sizes.surface:
            self._surface = Surface(weights, sizes.characters, sizes.surface)
            width += sizes.surface
        if sizes.layers:
            self._lstm = BiLstm(weights, width, sizes.hidden, sizes.layers)
            width = 2 * sizes.hidden
        self._linear = Linear(weights, "linear", width, len(sizes.labels))
        self.crf = Crf(weights, sizes.labels)
        weights.finish()

    def __call__(self, vectors: Floats, tokens: Sequence[str], places: Packed) -> Floats:
        """Map vectors (tokens, width) in the batch's order, and tokens one sentence after another, to (tokens, labels).

        The vectors are used up.
        """
        sizes = self.sizes
        if sizes.standardise:
            mean, deviation = self._standard
            vectors -= mean
            vectors /= deviation
        if sizes.features == "mix":
            layers = vectors.reshape(len(vectors), sizes.lm_layers, -1)  # (tokens, lm_layers, width of a layer)
            vectors = np.einsum("l,tlw->tw", self._mix, layers)
        if sizes.bottleneck:
            vectors = self._bottleneck(vectors)
        if sizes.surface:
            vectors = np.concatenate([vectors, self._surface(tokens)[places.order]], 1)
        if sizes.layers:
            vectors = np.maximum(self._lstm(vectors, places), 0)  # (tokens, 2 * hidden)
        return self._linear(vectors)


def read_sizes(block: Block) -> Sizes:
    """Read the settings of a tagger. Raises `NoLightForm` or `UserError`."""
    need_known(block, *Sizes._fields, *TRAINING)
    if (features := block.text("features")) not in KINDS:
        raise NoLightForm(f"features {features!r} have no light form")
    labels = block.items("labels")
    names = [labels.text(key) for key in labels.keys]
    for key, name in zip(labels.keys, names, strict=True):
        if not name.isprintable() or " " in name:
            raise labels.fault(key, "a printable word")
    if names != bio_labels(dict.fromkeys(tag_type(name) for name in names[1:])):
        raise block.fault("labels", "O, then B- and I- of every type")
    characters = block.text("characters")
    if list(characters) != sorted(set(characters)):
        raise block.fault("characters", "each character once, in the order of their code points")
    return Sizes(
        features=features,
        width=block.whole("width", 1),
        lm_layers=block.whole("lm_layers", 1),
        standardise=block.switch("standardise"),
        bottleneck=block.whole("bottleneck"),
        surface=block.whole("surface"),
        characters=characters,
        hidden=block.whole("hidden", 1),
        layers=block.whole("layers"),
        labels=names,
    )
