"""One input, from its manifest entry to a checked file: found on disk, or downloaded."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.errors import FULL, UserError, public, reason, shown
from pipeline.provenance.fingerprint import sha256
from pipeline.sources.download import download, file_name, need_room, safe_name
from pipeline.sources.manifest import Source, home
from pipeline.sources.sums import Sums


class Input(NamedTuple):
    """A checked file."""

    source: Source
    path: Path
    facts: dict[str, Any]
    """What data/raw tells of it: source, bytes, sha256; neither times nor absolute paths, so that reruns are equal."""

    @property
    def name(self) -> str:
        """The name of the file as published or as the user calls it, fit to be a file name here."""
        return file_name(self.source.source) if self.source.is_url else safe_name(self.path.name)

    def at(self, path: Path) -> "Input":
        """The input in another file, which was unpacked from it."""
        return self._replace(path=path, facts=self.facts | {"bytes": path.stat().st_size, "sha256": sha256(path)})


Inputs = dict[str, Input]
"""By their keys in the manifest."""
Check = Callable[[Path], object]


@contextmanager
def entry(manifest: Path, key: str) -> Iterator[None]:
    """Have a `UserError` in the block name the manifest and the key."""
    try:
        yield
    except UserError as error:
        raise UserError(f"{manifest}: {key}: {error}") from None


def obtain(manifest: Path, source: Source, sums: Sums, check: Check) -> Input:
    """Obtain and check an input; a `UserError` names the file.

    Downloads lie in data/.downloads of the real repository, for all scales.
    """
    if source.is_url:
        path, origin = download(source.source, home(manifest).parent / ".downloads"), public(source.source)
    else:
        path, scale = find(manifest, source), manifest.absolute().parent.name
        is_elsewhere = source.source.startswith(("/", "~"))
        origin = path.name if is_elsewhere else os.path.normpath(f"data/{scale}/{source.source}")
    try:
        file = Input(source, path, {"source": origin}).at(path)
        expected = source.sha256 or sums.get(source.source) or file.facts["sha256"]
        if file.facts["sha256"] != expected:
            place = "the manifest" if source.sha256 else f"{sums.path}, since the first download"
            fault = f"sha256 is {file.facts['sha256']}, expected {expected} (in {place})"
            raise UserError(f"{path}: {fault}; get the right file or correct the sum")
        check(path)
    except UserError as error:
        raise UserError(f"{error}; delete this file to download it again" if source.is_url else str(error)) from None
    except OSError as error:
        if error.errno in FULL:  # where an archive is unpacked to
            raise
        raise UserError(f"{path}: cannot be read: {reason(error)}") from None
    return file


def find(manifest: Path, source: Source) -> Path:
    """The file that a path in a manifest names; a `UserError` says where it was looked for."""
    folders = dict.fromkeys([manifest.parent, home(manifest)])
    paths = [folder / os.path.expanduser(source.source) for folder in folders]
    try:
        if file := next((path for path in paths if path.is_file()), None):
            return file
        fault = "not a file" if any(path.exists() for path in paths) else "not found"
    except OSError as error:  # a name that is too long, a folder that is closed
        raise UserError(f"{shown(source.source)}: {reason(error)}; correct the path") from None
    raise UserError(f"{source.source}: {fault} (looked for {' and '.join(map(str, paths))}); correct the path")


def copy(file: Input, target: Path) -> None:
    """Copy a checked file; a `UserError` if it doesn't fit, or is no longer what was checked."""
    need_room(target, file.facts["bytes"])
    shutil.copyfile(file.path, target)
    if sha256(target) != file.facts["sha256"]:
        raise UserError(f"{file.path}: changed while it was being copied; run again once it is complete")
