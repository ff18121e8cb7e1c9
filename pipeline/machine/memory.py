"""Memory of freed tensors kept for the next ones."""

import ctypes
import sys

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4
"""glibc's numbers for mallopt(3)."""


def keep_buffers() -> bool:
    """Have glibc keep large buffers instead of returning them to the system; whether it was there to be told.

    By default each large tensor is mapped anew, and its pages are zeroed on first touch, at every step of a training
    run (`python -m benchmarks.sru`, with and without `--no-buffers`, says what that costs). The price is that memory
    once used stays with the process.
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
