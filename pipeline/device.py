"""Where the arithmetic is done."""

import os
import re

import torch

from pipeline.errors import UserError
from pipeline.settings import DEVICE


def choose_device(name: str, setting: str = "params.yaml: compute.device") -> torch.device:
    """The torch device called `name`; `auto` is a GPU where there is one. `setting` is where the name stands."""
    if not re.match(DEVICE, name):
        raise UserError(f"{setting}: found {name!r}, expected auto, cpu, cuda or cuda:1")
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
    return device
