"""Weights of a module as safetensors: no pickle, no NaN, and a line that says what is wrong with a damaged file."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from pipeline.errors import UserError, reason, remake

Module = TypeVar("Module", bound=nn.Module)
FILLS = {"constant_", "fill_", "kaiming_uniform_", "masked_fill_", "normal_", "uniform_", "xavier_uniform_", "zero_"}
"""The functions by which modules give their weights initial values."""


def save_weights(module: nn.Module, path: Path) -> None:
    """Write the module's state with the usual permissions (the library's own writer lets only the owner read it).

    A `UserError` if a training has left NaN or infinity in it, so that stored weights can be trusted.
    """
    state = {name: value.detach().cpu().contiguous() for name, value in module.state_dict().items()}
    _need_finite(path.name, state, "the training diverged: lower its learning_rate or clip in params.yaml")
    path.write_bytes(save(state))


def load_module(make: Callable[[], Module], path: Path, stage: str) -> Module:
    """Make a module and load the file's weights into it; a `UserError` names the file and the stage that makes it.

    The shapes are compared before any memory is taken, since `make` follows a file of settings, which may say anything.
    """
    stored = read_shapes(path, stage)
    try:
        with torch.device("meta"), _Unfilled():
            expected = {name: tuple(value.shape) for name, value in make().state_dict().items()}
    except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError) as error:
        fault = str(error).partition("\n")[0]  # torch goes on with a trace of its C++
        raise UserError(f"{path.parent}: its settings are of no model ({fault}); {remake(stage)}") from None
    if names := sorted(name for name in expected.keys() | stored.keys() if expected.get(name) != stored.get(name)):
        where = f"{names[0]}: found {stored.get(names[0])}, expected {expected.get(names[0])}"
        raise UserError(f"{path}: weights of another model ({where}); {remake(stage)}")
    module = make()
    try:
        module.load_state_dict(load_file(path))
    except ValueError as error:
        raise UserError(f"{path}: {error}; {remake(stage)}") from None
    _need_finite(path, module.state_dict(), remake(stage))
    return module


def is_finite(values: Tensor) -> bool:
    """Whether no number is NaN or infinite. The extremes tell, in a hundredth of the time of `torch.isfinite`."""
    if not values.is_floating_point() or not values.numel():
        return True
    return bool(torch.stack(values.aminmax()).isfinite().all())


def _need_finite(path: Path | str, state: Mapping[str, Tensor], advice: str) -> None:
    if name := next((name for name, value in state.items() if not is_finite(value)), None):
        raise UserError(f"{path}: tensor {name} holds NaN or infinite numbers; {advice}")


def read_shapes(path: Path, stage: str) -> dict[str, tuple[int, ...]]:
    """Read the shapes of all tensors, by name, from the header of the file; a `UserError` if it has none."""
    try:
        path.open("rb").close()  # safetensors reports a file that may not be read as missing
        with safe_open(path, "pt") as file:
            return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118  # no mapping
    except OSError as error:
        raise UserError(f"{path}: {reason(error)}; {remake(stage)}") from None
    except SafetensorError as error:
        raise UserError(f"{path}: cannot be read as weights ({error}); {remake(stage)}") from None


class _Unfilled(TorchFunctionMode):
    """Makes modules without initial values: filling tensors without memory would load sympy and a compiler."""

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if getattr(function, "__name__", "") in FILLS:
            return args[0] if args else kwargs["tensor"]
        return function(*args, **(kwargs or {}))
