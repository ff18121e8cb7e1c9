"""Advisory locks on open files (flock): let go when the file is closed, however the process ends."""

import fcntl
from typing import IO, Any

from pipeline.errors import UserError


def lock_alone(file: IO[Any]) -> bool:
    """Hold the file alone; False, at once, if another process holds it. A `UserError` where there are no locks."""
    try:
        _flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def lock_shared(file: IO[Any]) -> None:
    """Hold the file with others, as soon as nobody holds it alone. A `UserError` where there are no locks."""
    _flock(file, fcntl.LOCK_SH)


def _flock(file: IO[Any], how: int) -> None:
    try:
        fcntl.flock(file, how)
    except BlockingIOError:
        raise
    except OSError as error:
        raise UserError(
            f"{file.name}: cannot be locked ({error.strerror}), and without locks two runs would spoil each other's "
            "files; have the file system mounted with flock, or move the repository to one that has it"
        ) from None
