"""The `sru` package, without the minute of compiling that its import starts.

On a CPU its training runs a Python loop that needs no operator; so with the compiler's door held shut the package is
what its users train with, and what ours is compared with. On a GPU `compiled=True` lets it try to build its kernel.
"""

import importlib
import warnings
from contextlib import ExitStack
from types import ModuleType
from unittest import mock

import torch
import torch.utils.cpp_extension


def load_sru(compiled: bool = False) -> ModuleType:
    """Import the package; what the first call of a process has loaded, every further one returns."""
    # It warns at every step that it is slow on a CPU.
    warnings.filterwarnings("ignore", message="Running SRU on CPU with grad_enabled=True")
    with ExitStack() as stack:
        if not compiled:
            stack.enter_context(mock.patch.object(torch.utils.cpp_extension, "load"))
            stack.enter_context(mock.patch.object(torch.jit, "script", lambda function: function))
        return importlib.import_module("sru")
