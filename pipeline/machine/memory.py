"""Memory that is kept instead of returned: the buffers of tensors, and the objects of libraries."""

import atexit
import ctypes
import gc
import sys

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4
"""glibc's numbers for mallopt(3)."""


def keep_buffers() -> bool:
    """Make glibc keep large buffers instead of returning them to the system; return whether there is a glibc.

    By default each large tensor is mapped anew, and its pages are zeroed on first touch, at every step of a training
    (`python -m benchmarks.sru`, with and without `--no-buffers`, measures what that costs). In return, memory once used
    stays with the process.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):  # another C library
        return False
    return all(
        mallopt(name, value) for name, value in ((_MMAP_MAX, 0), (_TRIM_THRESHOLD, 2**31 - 1), (_TOP_PAD, 64 * 2**20))
    )


def collect_rarely() -> None:
    """Make garbage collection rare: searching the libraries takes a quarter of a start and end."""
    gc.set_threshold(100_000)
    atexit.register(gc.freeze)
