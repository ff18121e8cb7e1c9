"""What holds for all tests: one thread each, and their order."""

import os

import pytest

# Before torch is loaded: tests share the cores already, and threads of theirs would wait for each other.
os.environ["OMP_NUM_THREADS"] = "1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest file first, so that no core waits for it at the end."""
    items.sort(key=lambda item: item.path.name != "test_dvc.py")
