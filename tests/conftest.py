"""What holds for all tests: one thread each, and which share a process, in what order."""

import os
import signal
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

# Before torch is loaded: tests share the cores already, and threads of theirs would wait for each other.
os.environ["OMP_NUM_THREADS"] = "1"
# A shell's job in the background ignores Ctrl-C, and so would every command that a test interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

TOGETHER = ["tests/predict", "tests/sources"]
"""Folders whose fixtures take seconds: in one process, not in each."""
LONGEST = ["tests/test_dvc.py", "tests/predict", "tests/test_extend.py"]
"""First, so that no core waits for one of them at the end."""


class Together(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """A file is run by one process, and so is a folder of `TOGETHER`."""

    def _split_scope(self, nodeid: str) -> str:
        return _scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Together:
    return Together(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    scopes = {item: _scope(item.nodeid) for item in items}
    items.sort(key=lambda item: LONGEST.index(scopes[item]) if scopes[item] in LONGEST else len(LONGEST))


def _scope(nodeid: str) -> str:
    file = nodeid.split("::")[0]
    folder = Path(file).parent.as_posix()
    return folder if folder in TOGETHER else file
