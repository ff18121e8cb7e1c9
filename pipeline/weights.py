"""Weights of a module as safetensors: no pickle, and what goes wrong is said in one line."""

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import nn

from pipeline.errors import UserError


def save_weights(module: nn.Module, path: Path) -> None:
    """Write the module's state, as readable to others as any file (the library's own writer keeps it to the owner)."""
    state = {name: value.detach().cpu().contiguous() for name, value in module.state_dict().items()}
    path.write_bytes(save(state))


def load_weights(module: nn.Module, path: Path, stage: str) -> None:
    """Read the module's state; a `UserError` names the file and the stage that makes it."""
    try:
        state = load_file(path)
    except (OSError, SafetensorError) as error:
        raise UserError(f"{path}: cannot be read as weights ({error}); make it again: dvc repro {stage}") from None
    expected = {name: tuple(value.shape) for name, value in module.state_dict().items()}
    found = {name: tuple(value.shape) for name, value in state.items()}
    if found != expected:
        names = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
        where = f"{names[0]}: found {found.get(names[0])}, expected {expected.get(names[0])}"
        raise UserError(f"{path}: weights of another model ({where}); make it again: dvc repro {stage}")
    with torch.no_grad():
        module.load_state_dict(state)
