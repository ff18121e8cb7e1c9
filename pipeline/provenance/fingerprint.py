"""One sum of everything that a result depends on: settings, inputs and code."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import UserError


def fingerprint(settings: Mapping[str, Any], *paths: Path) -> str:
    """Return the sha256 of settings (JSON values), the contents of files and folders, and the names within folders.

    The paths themselves do not count: an input that was moved is the same input.
    """
    total = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for path in paths:
        for name, file in _files(path):
            total.update(f"{name}\t{sha256(file)}\n".encode())
        total.update(b"\n")
    return total.hexdigest()


def sha256(path: Path) -> str:
    """Return the sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files(path: Path) -> Iterator[tuple[str, Path]]:
    if path.is_file():
        yield "", path
        return
    if not path.is_dir():
        raise UserError(f"{path}: not found; run the stage that makes it: dvc repro")
    for file in sorted(path.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            yield file.relative_to(path).as_posix(), file
