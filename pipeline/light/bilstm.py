"""The tagger's bidirectional LSTM, `pipeline.ner.tagging.bilstm`."""

import numpy as np

from pipeline.light.cells.lstm import Lstm
from pipeline.light.packed import Packed, join_directions
from pipeline.light.weights import Floats, Weights


class BiLstm:
    """Layers that read the states of both directions below."""

    def __init__(self, weights: Weights, width: int, hidden: int, layers: int) -> None:
        widths = [width, *[2 * hidden] * (layers - 1)]
        self._layers = [Lstm(weights.both(f"lstm.layers.{k}.{{}}."), w, hidden, "") for k, w in enumerate(widths)]

    def __call__(self, vectors: Floats, places: Packed) -> Floats:
        """Map vectors (tokens, width) to states (tokens, 2 * hidden), those of the forward direction first."""
        for layer in self._layers:
            vectors = join_directions(layer(np.stack([vectors, vectors[places.mirror]]), places), places)
        return vectors
