"""One input, from its manifest entry to a checked file that lies on the disk or is downloaded.

sums.json next to a manifest has the sha256 of every download whose entry in the manifest gives none:

    {"https://host/train.conllu": "a398e8b0...", "https://host/get?…#5fb3c0a1d2e4f678": "18d2c7a1..."}

The first download is trusted and its sum recorded, once all inputs have been found sound; every later one must have
that sum. The file lies in the real repository (not in a copy that DVC works in) and is meant to be committed, so that
other people and machines get the very same inputs. Therefore its keys hold no user, password or query.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from pipeline.errors import FULL, UserError, public, reason, shown
from pipeline.files.json import parse_json, write_json
from pipeline.provenance.fingerprint import sha256
from pipeline.sources.download import download, file_name, identify, need_room, safe_name
from pipeline.sources.manifest import Source, home
from pipeline.work.progress import say

Recorded = dict[str, Annotated[str, Field(pattern="^[0-9a-f]{64}$")]]
"""The content of sums.json."""


class Input(NamedTuple):
    """A checked file."""

    source: Source
    path: Path
    facts: dict[str, Any]
    """What data/raw records: source, bytes and sha256; no times and no absolute paths, so that reruns are equal."""

    @property
    def name(self) -> str:
        """The published name of the file, or the user's, made safe as a file name."""
        return file_name(self.source.source) if self.source.is_url else safe_name(self.path.name)

    def at(self, path: Path) -> "Input":
        """Return the input at another path, to which it was unpacked."""
        return self._replace(path=path, facts=self.facts | {"bytes": path.stat().st_size, "sha256": sha256(path)})


Inputs = dict[str, Input]
"""The inputs by their keys in the manifest."""
Check = Callable[[Path], object]


class Sums:
    """The sums that sums.json records, by URL."""

    def __init__(self, folder: Path) -> None:
        self.path, self._sums = folder / "sums.json", Recorded()
        if self.path.is_file():
            advice = "take it from git again, or delete it to trust the next downloads anew"
            self._sums = parse_json(self.path.read_bytes(), str(self.path), advice, Recorded)

    def get(self, url: str) -> str | None:
        return self._sums.get(identify(url))

    def record(self, sums: dict[str, str]) -> None:
        """Add the sums of URLs that have none yet, and say so; if there are none, the file is not touched."""
        new = {url: sums[url] for url in sorted(sums) if not self.get(url)}
        for url, total in new.items():
            say(f"{public(url)}: no sha256 given, first download trusted; its sum {total} is now in {self.path}")
        if new:
            self._sums |= {identify(url): total for url, total in new.items()}
            write_json(self.path, self._sums)


@contextmanager
def entry(manifest: Path, key: str) -> Iterator[None]:
    """Make a `UserError` in the block name the manifest and the key."""
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
            origin_of_sum = "the manifest" if source.sha256 else f"{sums.path}, since the first download"
            fault = f"sha256 is {file.facts['sha256']}, expected {expected} (in {origin_of_sum})"
            raise UserError(f"{path}: {fault}; get the right file or correct the sum")
        check(path)
    except UserError as error:
        raise UserError(f"{error}; delete this file to download it again" if source.is_url else str(error)) from None
    except OSError as error:
        if error.errno in FULL:  # the disk to which an archive is unpacked
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
