"""Advisory locks on open files (flock): let go when the file is closed, however the process ends."""

import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from pipeline.errors import FULL, UserError
from pipeline.work.progress import say


@contextmanager
def hold(path: Path, doing: str, wait: bool = False) -> Iterator[None]:
    """Hold a lock file alone while the block runs; it is gone afterwards.

    If another process holds it, a `UserError` says which process, and what it is `doing`: "running stage lemmas". With
    `wait`, a line on standard error says so, and the end of that process is waited for.
    """
    with _open_locked(path, doing, wait) as file:
        with suppress(OSError):  # a full disk, which a write that matters will report
            file.truncate(0)
            os.write(file.fileno(), f"process {os.getpid()} on {socket.gethostname()}".encode())
        try:
            yield
        finally:
            if _stands(path, file):  # or else its folder was removed, and the file there is another process's
                path.unlink()


def _open_locked(path: Path, doing: str, wait: bool) -> IO[str]:
    while True:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("a+", encoding="utf-8")
        except FileNotFoundError:
            if path.parent.parent.is_dir() and not path.is_symlink():
                continue  # another process has just finished, and removed the folder
            raise
        except OSError as error:
            if error.errno in FULL:
                raise
            raise UserError(
                f"{error.filename}: {error.strerror}: a lock is kept in {path.parent}, a folder to write to; "
                "delete what stands there, or mend its permissions"
            ) from None
        if not lock(file):
            file.seek(0)
            holder = file.read() or "another process"
            since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(os.fstat(file.fileno()).st_mtime))
            busy = f"{path}: {holder} is {doing} (since {since})"
            if not wait:
                file.close()
                raise UserError(f"{busy}; wait for it, or stop it and run again")
            say(f"{busy}; waiting for its end")
            fcntl.flock(file, fcntl.LOCK_EX)
        if _stands(path, file):
            return file
        file.close()  # it was removed between its opening and its locking


def _stands(path: Path, file: IO[str]) -> bool:
    """Return whether an open file is the one at its path."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def lock(file: IO[Any], shared: bool = False) -> bool:
    """Hold the file alone; return False at once if another process holds it. A `UserError` says if there are no locks.

    With `shared`, hold it with others, as soon as nobody holds it alone.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_SH if shared else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise UserError(
            f"{file.name}: cannot be locked ({error.strerror}), and without locks two runs would spoil each other's "
            "files; have the file system mounted with flock, or move the repository to one that has it"
        ) from None
    return True
