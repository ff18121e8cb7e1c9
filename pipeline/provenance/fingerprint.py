"""One name for everything that a result depends on: settings, inputs and code."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import UserError


def fingerprint(settings: Mapping[str, Any], *paths: Path) -> str:
    """sha256 over settings (JSON values), files and folders: contents, and names inside folders.

    Where the files and folders lie is not in it: an input moved elsewhere is the same input.
    """
    total = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for path in paths:
        for name, file in _files(path):
            total.update(f"{name}\t{sha256(file)}\n".encode())
        total.update(b"\n")
    return total.hexdigest()


def sha256(path: Path) -> str:
    """Of the file as it lies there."""
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
