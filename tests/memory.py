"""What a call holds at most."""

import tracemalloc
from collections.abc import Callable
from contextlib import AbstractContextManager
from io import BufferedIOBase
from pathlib import Path


def traced_peak(run: Callable[[], object]) -> int:
    """Return the most memory that Python's allocator had given out at a time while `run` ran, in bytes."""
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def drain(open_: Callable[..., AbstractContextManager[BufferedIOBase]], path: Path) -> None:
    """Read a file to its end in pieces."""
    with open_(path) as file:
        while file.read(1 << 14):
            pass
