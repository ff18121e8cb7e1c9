"""The device that computes."""

import os
import re
from typing import TYPE_CHECKING

from pipeline.errors import UserError

if TYPE_CHECKING:
    import torch

MOST_THREADS = 1024


def is_device(name: str) -> str:
    """Validate the name of a device, and return it; a `ValueError` if there is no such name. Needs no torch."""
    if not re.match(r"^(auto|cpu|cuda(:\d{1,3})?)$", name):
        raise ValueError("expected auto, cpu, cuda or cuda:1")
    return name


def choose_device(name: str, setting: str = "params.yaml: compute.device") -> "torch.device":
    """Return the torch device called `name`; `auto` is a GPU if there is one. `setting` is where the user set it."""
    import torch

    try:
        is_device(name)
    except ValueError as error:
        raise UserError(f"{setting}: found {name!r}, {error}") from None
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda":
        name = f"cuda:{os.environ.get('LOCAL_RANK', '0')}"  # torchrun gives each process a GPU
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        fault = str(error).splitlines()[0]
        raise UserError(f"{setting}: {name!r} cannot be used here ({fault}); use auto or cpu") from None
    if device.type == "cuda":
        torch.backends.cudnn.allow_tf32 = False  # or else cuDNN's LSTM and GRU keep 10 bits of a float32's mantissa
    return device
