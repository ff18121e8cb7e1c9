"""A full disk is one line, not a traceback."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import UserError


@contextmanager
def room_for(path: Path, needed: int) -> Iterator[None]:
    """Run a block that writes `needed` bytes to `path`, whose folder exists.

    Raises a `UserError` if they cannot fit, or if the disk fills up in the block.
    """
    if shutil.disk_usage(path.parent).free < needed:
        raise _no_space(path, needed)
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise _no_space(path, needed) from None


def _no_space(path: Path, needed: int) -> UserError:
    free = shutil.disk_usage(path.parent).free
    return UserError(f"{path}: no disk space left: {needed:,} bytes needed, {free:,} free; make room")
