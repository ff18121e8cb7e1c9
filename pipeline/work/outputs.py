"""Outputs appear under their final name only when they are whole, and their inputs have not changed meanwhile."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import FULL, UserError

_checks: list[Callable[[Path], None]] = []


@contextmanager
def checked(check: Callable[[Path], None]) -> Iterator[None]:
    """While the block runs, nothing that `fresh_folder` and `fresh_file` make gets its name before `check(path)`.

    If the check fails, `path` is as it was before.
    """
    _checks.append(check)
    try:
        yield
    finally:
        _checks.remove(check)


class Steady:
    """Remembers files and folders as they are; call `confirm` before what was made of them gets its name."""

    def __init__(self, *inputs: Path) -> None:
        self._before = {path: _sizes_and_times(path) for path in inputs}

    def confirm(self) -> None:
        """Raise a `UserError` if one of them has changed, or a file in it."""
        for path, before in self._before.items():
            if _sizes_and_times(path) != before:
                raise changed(str(path))


def changed(name: str) -> UserError:
    """Make the error for something that is no longer what the stage was started with."""
    return UserError(
        f"{name}: changed while the stage ran, so its outputs would not be of what stands there now; run dvc repro"
    )


@contextmanager
def fresh_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder that becomes `path`, replacing what stood there, if the block succeeds.

    If the block fails, `path` is as it was before. A folder left by a killed run is cleared at the next one. Raises a
    `UserError` if something else has replaced `path` meanwhile: DVC may have brought it back from its cache, and stages
    that read it must not find files of both.
    """
    before = _identify(path)
    with fresh_file(path) as partial:
        partial.mkdir()
        yield partial
        if _identify(path) not in (None, before):
            raise UserError(f"{path}: was replaced while this stage ran, and stays as it is now; run dvc repro")


@contextmanager
def fresh_file(path: Path) -> Iterator[Path]:
    """Yield a free path in the same folder; the file written there becomes `path` if the block succeeds."""
    partial, old = (path.with_name(f".{path.name}.{suffix}") for suffix in ("partial", "old"))
    with named(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        remove(partial)
        remove(old)
        try:
            yield partial
            for check in _checks:
                check(path)
            if partial.is_dir() and path.exists():  # rename() replaces no folder with files in it: it steps aside first
                os.replace(path, old)
            os.replace(partial, path)
            remove(old)
        finally:
            remove(partial)


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Make the error of a full disk name the path: a write that fails does not say where."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL and not error.filename:
            error.filename = str(path)
        raise


def copy_folder(source: Path, target: Path) -> None:
    """Copy the files of a folder. An `OSError` names the first file that fails; shutil.copytree's has a list of all."""
    for file in sorted(path for path in source.rglob("*") if path.is_file()):
        copy = target / file.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)


def write_text(path: Path, text: str) -> None:
    """Write a small UTF-8 file with LF line ends, whole or not at all."""
    with fresh_file(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")


def need(path: Path, stage: str) -> Path:
    """Return the path if it is a file; else raise a `UserError` that names the stage which makes it."""
    if not path.is_file():
        raise UserError(f"{path}: not found; run the stage that makes it: dvc repro {stage}")
    return path


def remove(path: Path) -> None:
    """Remove a file, a link or a folder with all that is in it; nothing if it is not there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _sizes_and_times(path: Path) -> dict[Path, tuple[int, int]]:
    """Return the size and the time of change of every file. Reading terabytes twice would cost more than it saves."""
    files = [file for file in (path.rglob("*") if path.is_dir() else [path]) if "__pycache__" not in file.parts]
    return {file: (file.stat().st_size, file.stat().st_mtime_ns) for file in files if file.is_file()}


def _identify(path: Path) -> tuple[int, int] | None:
    """Return the inode and the time of change, which tell a folder from another of its name; None if there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns
