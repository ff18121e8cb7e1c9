"""The `sru` package itself, without the minute of compiling that its import starts.

On a CPU its training runs a Python loop that needs no operator; so with the compiler kept out, the package is what
its users train with, and what ours is compared with. On a GPU `compiled=True` lets it try to build its kernel.
"""

import importlib
import sys
import warnings
from contextlib import ExitStack
from types import ModuleType
from unittest import mock

import torch
import torch.utils.cpp_extension


def load_sru(compiled: bool = False) -> ModuleType:
    """Import a second, untouched copy of the package; the first is the one that `pipeline.lm.rnn.sru` has stubbed."""
    ours = _forget_sru()
    try:
        with ExitStack() as stack:
            if not compiled:
                stack.enter_context(mock.patch.object(torch.utils.cpp_extension, "load"))
                stack.enter_context(mock.patch.object(torch.jit, "script", lambda function: function))
            return importlib.import_module("sru")
    finally:
        _forget_sru()
        sys.modules.update(ours)
        # It warns at every step that it is slow on a CPU.
        warnings.filterwarnings("ignore", message="Running SRU on CPU with grad_enabled=True")


def _forget_sru() -> dict[str, ModuleType]:
    """Take the package's modules out of the table of imported ones, and return them."""
    return {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] == "sru"}
