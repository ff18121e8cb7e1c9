"""Reads the two published files into modules."""

from pathlib import Path

import numpy as np
import torch

from pipeline.errors import UserError
from pipeline.lm.elmo.options import OPTIONS, WEIGHTS, ElmoOptions, pick, read_options
from pipeline.lm.elmo.stacks import ElmoStacks
from pipeline.lm.elmo.weights import Weights, cell, read_weights
from pipeline.lm.encoders.charcnn import CharCnn
from pipeline.lm.lemmas import Lemmas
from pipeline.lm.settings import CharCnnShape, Reading


def read_elmo(folder: Path, lemmas: Lemmas = "plain") -> tuple[CharCnn, ElmoStacks]:
    """Read the two files of a folder: char-CNN and stacks, in evaluation mode and on the CPU.

    `lemmas` says how the text that it was trained on was written. A `UserError` names a file that is missing or broken,
    or that contradicts the other one.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; expected one with ELMo's {OPTIONS} and {WEIGHTS}")
    files = [path.name for path in folder.iterdir() if path.is_file()]
    options = read_options(folder / pick(files, OPTIONS, folder))
    weights = read_weights(folder / pick(files, WEIGHTS, folder), options)
    chars = options.char_cnn
    shape = CharCnnShape(
        encoder="cnn",
        embedding=chars.embedding.dim,
        filters=chars.filters,
        highway=chars.n_highway or 0,
        activation=chars.activation,
        projection=options.lstm.projection_dim,
        projects=options.projects,
        reading=Reading(characters=chars.max_characters_per_token, marks=True, lemmas=lemmas, lowercase=False),
    )
    charcnn, stacks = CharCnn(shape), ElmoStacks(options.lstm)
    for module, state in ((charcnn, _charcnn_state(weights, options)), (stacks, _stacks_state(weights, options))):
        module.load_state_dict({name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in state.items()})
        module.eval().requires_grad_(False)
    return charcnn, stacks


def _charcnn_state(weights: Weights, options: ElmoOptions) -> Weights:
    rows = weights["char_embed"]
    state = {"embedding.weight": np.concatenate([np.zeros_like(rows[:1]), rows])}  # row 0 is the mask
    for index in range(len(options.char_cnn.filters)):
        filters = weights[f"CNN/W_cnn_{index}"][0]  # (width, embedding, filters)
        state[f"convolutions.{index}.weight"] = filters.transpose(2, 1, 0)  # (filters, embedding, width)
        state[f"convolutions.{index}.bias"] = weights[f"CNN/b_cnn_{index}"]
    for index in range(options.char_cnn.n_highway or 0):
        for theirs, ours in (("carry", "gate"), ("transform", "transform")):  # "carry" gates the transform
            state[f"highways.{index}.{ours}.weight"] = weights[f"CNN_high_{index}/W_{theirs}"].T
            state[f"highways.{index}.{ours}.bias"] = weights[f"CNN_high_{index}/b_{theirs}"]
    if options.projects:
        state |= {"projection.weight": weights["CNN_proj/W_proj"].T, "projection.bias": weights["CNN_proj/b_proj"]}
    return state


def _stacks_state(weights: Weights, options: ElmoOptions) -> Weights:
    names = {"kernel": "W_0", "bias": "B"} | ({"project": "W_P_0"} if options.lstm.projects else {})
    state: Weights = {}
    for layer in range(options.lstm.n_layers):
        for ours, theirs in names.items():
            pair = np.stack([weights[f"{cell(direction, layer)}/{theirs}"] for direction in range(2)])  # (2, ...)
            state[f"stack.{layer}.{ours}"] = pair[:, None] if ours == "bias" else pair  # bias: (2, 1, 4 dim)
    return state
