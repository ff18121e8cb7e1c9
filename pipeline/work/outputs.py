"""Outputs appear under their final name only when they are whole."""

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


@contextmanager
def fresh_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder that becomes `path`, replacing what stood there, if the block succeeds.

    If the block fails, `path` is as it was before. A folder left by a killed run is cleared at the next one. A
    `UserError` if something else has replaced `path` meanwhile: DVC may have brought it back from its cache, and stages
    that read it must not find files of both.
    """
    partial, before = _partial(path), _stamp(path)
    remove(partial)
    remove(_old(path))
    with named(path):
        partial.mkdir(parents=True)
        try:
            yield partial
            if _stamp(path) not in (None, before):
                raise UserError(f"{path}: was replaced while this stage ran, and stays as it is now; run dvc repro")
            _check(path)
            _replace(partial, path)
        finally:
            remove(partial)


@contextmanager
def fresh_file(path: Path) -> Iterator[Path]:
    """Yield a free path in the same folder; the file written there becomes `path` if the block succeeds."""
    partial = _partial(path)
    with named(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        remove(partial)
        try:
            yield partial
            _check(path)
            os.replace(partial, path)
        finally:
            remove(partial)


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Have the error of a full disk name the path: a write that fails does not say where."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL and not error.filename:
            error.filename = str(path)
        raise


def copy_folder(source: Path, target: Path) -> None:
    """Copy the files of a folder; an `OSError` is that of a file, where shutil.copytree has a list of all."""
    for file in sorted(path for path in source.rglob("*") if path.is_file()):
        copy = target / file.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)


def write_text(path: Path, text: str) -> None:
    """Write a small UTF-8 file with LF line ends, whole or not at all."""
    with fresh_file(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")


def need(path: Path, stage: str) -> Path:
    """The path, if it is a file; else a `UserError` that names the stage which makes it."""
    if not path.is_file():
        raise UserError(f"{path}: not found; run the stage that makes it: dvc repro {stage}")
    return path


def remove(path: Path) -> None:
    """Remove a file, a link or a folder with all that is in it; nothing if it is not there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _check(path: Path) -> None:
    for check in _checks:
        check(path)


def _partial(path: Path) -> Path:
    return path.with_name(f".{path.name}.partial")


def _old(path: Path) -> Path:
    return path.with_name(f".{path.name}.old")


def _stamp(path: Path) -> tuple[int, int] | None:
    """What tells a folder from another one in its place."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns


def _replace(partial: Path, path: Path) -> None:
    # rename() cannot replace a folder that is not empty: the old one steps aside first.
    old = _old(path)
    if path.exists():
        os.replace(path, old)
    os.replace(partial, path)
    remove(old)
