"""Where the arithmetic is done."""

import os
import re
from typing import TYPE_CHECKING

from pipeline.errors import UserError

if TYPE_CHECKING:
    import torch

DEVICE = r"^(auto|cpu|cuda(:\d{1,3})?)$"
"""Names of devices."""
MOST_THREADS = 1024


def is_device(name: str) -> str:
    """Return the name of a device, as a validator; a `ValueError` if it is none. Needs no torch."""
    if not re.match(DEVICE, name):
        raise ValueError("expected auto, cpu, cuda or cuda:1")
    return name


def choose_device(name: str, setting: str = "params.yaml: compute.device") -> "torch.device":
    """Return the torch device called `name`; `auto` is a GPU where there is one. `setting` is where the name stands."""
    import torch

    try:
        is_device(name)
    except ValueError as error:
        raise UserError(f"{setting}: found {name!r}, {error}") from None
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda":
        name = f"cuda:{os.environ.get('LOCAL_RANK', '0')}"  # torchrun's: a GPU a process
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"{setting}: {name!r} cannot be used here ({reason}); use auto or cpu") from None
    if device.type == "cuda":
        torch.backends.cudnn.allow_tf32 = False  # float32 is float32: cuDNN's LSTM and GRU would keep 10 bits
    return device
