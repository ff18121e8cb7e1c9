"""ELMos of any options, weights drawn at random, in the published layout."""

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import yaml

from pipeline.lm.elmo import weights
from pipeline.lm.elmo.options import ElmoOptions

Json = dict[str, Any]
Weights = dict[str, np.ndarray]

OPTIONS: Json = {
    "bidirectional": True,
    "char_cnn": {
        "activation": "relu",
        "embedding": {"dim": 5},
        "filters": [[1, 3], [2, 4], [3, 6], [7, 5]],
        "max_characters_per_token": 50,
        "n_characters": 262,
        "n_highway": 2,
    },
    "dropout": 0.1,
    "lstm": {
        "cell_clip": 3,
        "dim": 12,
        "n_layers": 2,
        "proj_clip": 3,
        "projection_dim": 7,
        "use_skip_connections": True,
    },
    "n_train_tokens": 1000,
}
CASES: Json = yaml.safe_load(Path(__file__).with_name("options.yaml").read_text(encoding="utf-8"))


def changed(**changes: Any) -> Json:
    """`OPTIONS` with other values of keys of `char_cnn` or `lstm`; a key whose value is "absent" is left out."""
    options: Json = json.loads(json.dumps(OPTIONS))
    for key, value in changes.items():
        block = options["lstm" if key in options["lstm"] else "char_cnn"]
        block[key] = value
        if value == "absent":
            del block[key]
    return options


def draw(options: Json, seed: int = 1) -> Weights:
    """Weights so large that clips are reached and gates saturate now and then; the oracle knows their shapes too."""
    shapes = weights.shapes(ElmoOptions.model_validate_json(json.dumps(options)))
    chance = np.random.default_rng(seed)
    scales = {name: 1.5 * np.prod(shape[:-1]) ** -0.5 if len(shape) > 1 else 0.5 for name, shape in shapes.items()}
    scales["char_embed"] = 1.0
    return {name: chance.normal(0, scales[name], shape).astype(np.float32) for name, shape in shapes.items()}


def write_elmo(folder: Path, options: Json, arrays: Weights) -> Path:
    """Write both files; return their folder."""
    folder.mkdir(exist_ok=True)
    (folder / "options.json").write_text(json.dumps(options), encoding="utf-8")
    with h5py.File(folder / "model.hdf5", "w") as file:
        for name, values in arrays.items():
            file[name] = values
    return folder
