"""From the two published files to modules."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from pipeline.errors import UserError
from pipeline.lm.elmo.names import OPTIONS, WEIGHTS, pick
from pipeline.lm.elmo.options import ElmoOptions, read_options
from pipeline.lm.elmo.stacks import ElmoStacks
from pipeline.lm.elmo.weights import Weights, cell, read_weights
from pipeline.lm.encoders.charcnn import CharCnn
from pipeline.lm.lemmas import Lemmas
from pipeline.lm.settings import CharCnnShape, Reading

State = dict[str, Tensor]


class Elmo(NamedTuple):
    """Both parts in evaluation mode, on the CPU."""

    charcnn: CharCnn
    stacks: ElmoStacks


def read_elmo(folder: Path, lemmas: Lemmas = "plain") -> Elmo:
    """Read the two files of a folder. `lemmas` are the conventions in which its training text was written.

    Raises a `UserError` of one line for files that are missing, broken or contradict each other.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; expected one with ELMo's {OPTIONS} and {WEIGHTS}")
    files = [path.name for path in folder.iterdir() if path.is_file()]
    options = read_options(folder / pick(files, OPTIONS, folder))
    weights = read_weights(folder / pick(files, WEIGHTS, folder), options)
    charcnn, stacks = CharCnn(_shape(options, lemmas)), ElmoStacks(options.lstm)
    _fill(charcnn, _charcnn_state(weights, options))
    _fill(stacks, _stacks_state(weights, options))
    return Elmo(charcnn, stacks)


def _shape(options: ElmoOptions, lemmas: Lemmas) -> CharCnnShape:
    """The char-CNN in this pipeline's terms."""
    chars = options.char_cnn
    return CharCnnShape(
        encoder="cnn",
        embedding=chars.embedding.dim,
        filters=chars.filters,
        highway=chars.n_highway or 0,
        activation=chars.activation,
        projection=options.lstm.projection_dim,
        projects=options.projects,
        reading=Reading(characters=chars.max_characters_per_token, marks=True, lemmas=lemmas),
    )


def _fill(module: nn.Module, state: State) -> None:
    module.load_state_dict(state)
    module.eval().requires_grad_(False)


def _charcnn_state(weights: Weights, options: ElmoOptions) -> State:
    rows = weights["char_embed"]
    state = {"embedding.weight": np.concatenate([np.zeros_like(rows[:1]), rows])}  # row 0 is the mask
    for index in range(len(options.char_cnn.filters)):
        state[f"convolutions.{index}.weight"] = weights[f"CNN/W_cnn_{index}"][0].transpose(2, 1, 0)
        state[f"convolutions.{index}.bias"] = weights[f"CNN/b_cnn_{index}"]
    for index in range(options.char_cnn.n_highway or 0):
        for theirs, ours in (("carry", "gate"), ("transform", "transform")):  # "carry" gates the transform
            state[f"highways.{index}.{ours}.weight"] = weights[f"CNN_high_{index}/W_{theirs}"].T
            state[f"highways.{index}.{ours}.bias"] = weights[f"CNN_high_{index}/b_{theirs}"]
    if options.projects:
        state |= {"projection.weight": weights["CNN_proj/W_proj"].T, "projection.bias": weights["CNN_proj/b_proj"]}
    return _tensors(state)


def _stacks_state(weights: Weights, options: ElmoOptions) -> State:
    state: dict[str, npt.NDArray[np.float32]] = {}
    for layer in range(options.lstm.n_layers):
        state[f"stack.{layer}.kernel"] = _both(weights, layer, "W_0")
        state[f"stack.{layer}.bias"] = _both(weights, layer, "B")[:, None]
        if options.lstm.projects:
            state[f"stack.{layer}.project"] = _both(weights, layer, "W_P_0")
    return _tensors(state)


def _both(weights: Weights, layer: int, name: str) -> npt.NDArray[np.float32]:
    """A layer's array of both directions, (2, ...)."""
    return np.stack([weights[f"{cell(direction, layer)}/{name}"] for direction in range(2)])


def _tensors(state: dict[str, npt.NDArray[np.float32]]) -> State:
    return {name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in state.items()}
