"""What holds for all tests: one thread each, one place to import from, and their order."""

import os
import sys
from pathlib import Path

import pytest

# Before torch is loaded: tests share the cores already, and threads of theirs would wait for each other.
os.environ["OMP_NUM_THREADS"] = "1"
# Processes of a test import from here too, and not from the folder where the test has gone to.
sys.path[:] = [path or str(Path(__file__).parents[1]) for path in sys.path]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest file first, so that no core waits for it at the end."""
    items.sort(key=lambda item: item.path.name != "test_dvc.py")
