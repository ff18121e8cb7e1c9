"""Processes that start at once: forked from a server that has imported once what they need."""

import multiprocessing

context = multiprocessing.get_context("forkserver")
_modules = ["pipeline.cli"]


def preload(*modules: str) -> None:
    """Have the server import these too: when a test module is collected, for the server starts with the first test."""
    _modules.extend(modules)
    context.set_forkserver_preload(_modules)
