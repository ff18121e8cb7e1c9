"""A small ELMo in the published layout, with random weights: it can be read and it embeds, but it has learned nothing.

It is a zip archive of options.json and model.hdf5, as repositories of vectors publish them.
"""

import io
import json
from pathlib import Path
from zipfile import ZipFile, ZipInfo

import h5py
import numpy as np

from demo.settings import DemoSettings

FILTERS = [[1, 8], [2, 8], [3, 16], [4, 16], [5, 16]]
CHARACTER, WIDTH, UNITS = 16, 32, 64
"""Lengths of the vectors of a character and of a token, and units of an LSTM layer in each direction."""
HIGHWAYS, LAYERS, CLIP = 1, 2, 3.0
OPTIONS = {
    "bidirectional": True,
    "char_cnn": {
        "activation": "relu",
        "embedding": {"dim": CHARACTER},
        "filters": FILTERS,
        "max_characters_per_token": 50,
        "n_characters": 262,
        "n_highway": HIGHWAYS,
    },
    "lstm": {
        "cell_clip": CLIP,
        "dim": UNITS,
        "n_layers": LAYERS,
        "proj_clip": CLIP,
        "projection_dim": WIDTH,
        "use_skip_connections": True,
    },
}


def write_elmo(path: Path, settings: DemoSettings) -> None:
    """Write the archive."""
    weights = io.BytesIO()
    _write_weights(weights, np.random.default_rng(settings.seed))
    with ZipFile(path, "w") as archive:
        for name, data in (("options.json", json.dumps(OPTIONS, indent=1)), ("model.hdf5", weights.getvalue())):
            archive.writestr(ZipInfo(name), data)  # with a name alone it would hold the time of day


def _write_weights(file: io.BytesIO, chance: np.random.Generator) -> None:
    """Write every data set, drawn so that sums are about as large as their terms."""
    with h5py.File(file, "w") as target:
        for name, shape in _shapes().items():
            spread = 1.0 if name == "char_embed" else np.prod(shape[:-1]) ** -0.5 if len(shape) > 1 else 0.1
            target[name] = chance.normal(0, spread, shape).astype(np.float32)


def _shapes() -> dict[str, tuple[int, ...]]:
    filters = sum(number for _, number in FILTERS)
    shapes: dict[str, tuple[int, ...]] = {"char_embed": (261, CHARACTER)}
    for index, (width, number) in enumerate(FILTERS):
        shapes |= {f"CNN/W_cnn_{index}": (1, width, CHARACTER, number), f"CNN/b_cnn_{index}": (number,)}
    for index in range(HIGHWAYS):
        for part in ("carry", "transform"):
            shapes |= {f"CNN_high_{index}/W_{part}": (filters, filters), f"CNN_high_{index}/b_{part}": (filters,)}
    shapes |= {"CNN_proj/W_proj": (filters, WIDTH), "CNN_proj/b_proj": (WIDTH,)}
    for group in (f"RNN_{way}/RNN/MultiRNNCell/Cell{layer}/LSTMCell" for way in range(2) for layer in range(LAYERS)):
        shapes |= {f"{group}/W_0": (2 * WIDTH, 4 * UNITS), f"{group}/B": (4 * UNITS,), f"{group}/W_P_0": (UNITS, WIDTH)}
    return shapes
