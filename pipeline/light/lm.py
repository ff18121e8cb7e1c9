"""The frozen language model, `pipeline.lm.embed`: lemmas of sentences to what the tagger reads of them.

Of a sentence, each direction reads its boundary first, `<S>` or `</S>`, and then the tokens in its own order.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.light.block import Block
from pipeline.light.encoders.chars import boundary_ids, char_ids
from pipeline.light.encoders.load import load_encoder
from pipeline.light.form import need_known
from pipeline.light.linear import Linear
from pipeline.light.packed import Packed, join_directions
from pipeline.light.stack import Stack, need_cell
from pipeline.light.types import Types
from pipeline.light.weights import Floats, Integers, Weights

CONFIG, WEIGHTS = "config.json", "lm.safetensors"
NO_CELL = "none"
KINDS = ("top", "mix", "all", "states")
"""What a tagger may read, see `pipeline.ner.settings`."""


class LanguageModel:
    """Lemmas of sentences to vectors of one kind. Threads may share it."""

    def __init__(self, folder: Path, kind: str) -> None:
        """Load a folder such as models/lm. Raises `NoLightForm`, or a `UserError` that names a damaged file."""
        config = Block.read(folder / CONFIG, "pretrain")
        need_known(config, "name", "arch", "lm", "vocabulary_size")
        arch = config.block("arch")
        need_known(arch, "cell", "layers", "residual", "options")
        if (cell := arch.text("cell")) != NO_CELL:
            need_cell(cell)
        encode, reading = load_encoder(folder)
        boundaries = encode(boundary_ids(reading))  # (2, projection)
        self._kind, width = kind, boundaries.shape[1]
        self._types = Types(lambda types: encode(char_ids(types, reading)), boundaries)
        self._stack, hidden = None, 0
        if cell != NO_CELL:
            settings = config.block("lm")
            need_known(settings, "hidden", "softmax_from_vectors", "training")
            weights, hidden = Weights(folder / WEIGHTS, "pretrain"), settings.whole("hidden", 1)
            self._stack = Stack(arch, weights, width, hidden)
            if kind != "states":
                self._project = Linear(weights, "project", hidden, width)
            weights.finish("softmax.", "project.")
        depth = 1 + (arch.whole("layers") if self._stack else 0)
        self.width = {"top": 2 * width, "states": width + 2 * hidden}.get(kind, 2 * width * depth)
        """That of the vectors."""

    def __call__(self, lemmas: Sequence[str], places: Packed) -> Floats:
        """Map the lemmas of a batch, one sentence after another, to vectors (tokens, width) in the batch's order."""
        rows, table = self._types.look_up(lemmas)
        rows = rows[places.order]  # (tokens,)
        token = table[rows]  # (tokens, projection)
        layers = self._read(rows, table, places)
        if self._kind == "states":
            parts = [token, *(join_directions(states, places) for states in layers[-1:])]
        elif self._kind == "top" and layers:
            parts = [self._bring_to_width(layers[-1], places)]
        else:  # layer 0 is the token's vector twice
            parts = [token, token, *(self._bring_to_width(states, places) for states in layers)]
        return np.concatenate(parts, 1)

    def _read(self, rows: Integers, table: Floats, places: Packed) -> list[Floats]:
        """Return the outputs of all layers, (2, tokens, hidden) each, each direction in its own order."""
        if not self._stack:
            return []
        sentences, tokens = len(places.lengths), len(rows)
        read = np.empty((2, sentences + tokens), np.int64)
        read[:, :sentences] = [[0], [1]]  # the boundaries
        read[:, sentences:] = rows, rows[places.mirror]
        return [outputs[:, sentences:] for outputs in self._stack(table[read], Packed(places.lengths + 1))]

    def _bring_to_width(self, states: Floats, places: Packed) -> Floats:
        """Map states (2, tokens, hidden) to (tokens, 2 * projection), as pretraining has for its softmax."""
        return join_directions(self._project(states), places)
