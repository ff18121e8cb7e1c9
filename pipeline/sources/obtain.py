"""One input, from its manifest entry to a checked file: found on disk, or downloaded."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import UserError, public, shown
from pipeline.provenance.fingerprint import sha256
from pipeline.sources.download import download, file_name
from pipeline.sources.manifest import Source
from pipeline.sources.places import candidates, downloads, safe_name
from pipeline.sources.space import room_for
from pipeline.sources.sums import Sums
from pipeline.sources.verify import Check
from pipeline.work.progress import say

CHUNK = 1 << 20


class Input(NamedTuple):
    """A checked file, and its size and sum when it was checked."""

    source: Source
    path: Path
    bytes: int
    sha256: str
    scale: str

    @property
    def name(self) -> str:
        """The name of the file as published or as the user calls it, fit to be a file name here."""
        return file_name(self.source.source) if self.source.is_url else safe_name(self.path.name)

    @property
    def facts(self) -> dict[str, str | int]:
        """What data/raw tells about it. Neither times nor absolute paths: equal inputs give equal bytes."""
        source = self.source.source
        if self.source.is_url:
            source = public(source)
        elif source.startswith(("/", "~")):
            source = self.path.name
        else:
            source = os.path.normpath(f"data/{self.scale}/{source}")
        return {"source": source, "bytes": self.bytes, "sha256": self.sha256}


@dataclass(frozen=True)
class Obtainer:
    """Obtains the inputs of one manifest."""

    manifest: Path
    sums: Sums

    def obtain(self, key: str, source: Source, check: Check) -> Input:
        """Obtain and check the input under `key`; a `UserError` names the manifest, the key and the file."""
        with self._named(key):
            found = self._examine(source, self._locate(source), check)
        say(f"{key}: {found.bytes:,} bytes, sound: {public(source.source)}")
        return found

    def find_paths(self, sources: dict[str, Source]) -> None:
        """Raise a `UserError` for a path without a file at once, not after hours of downloads."""
        for key, source in sources.items():
            if not source.is_url:
                with self._named(key):
                    find(source, self.manifest)

    @contextmanager
    def _named(self, key: str) -> Iterator[None]:
        try:
            yield
        except UserError as error:
            raise UserError(f"{self.manifest}: {key}: {error}") from None

    def _locate(self, source: Source) -> Path:
        if source.is_url:
            return download(source.source, downloads(self.manifest))
        return find(source, self.manifest)

    def _examine(self, source: Source, path: Path, check: Check) -> Input:
        advice = "; delete this file to download it again" if source.is_url else ""
        try:
            scale = self.manifest.absolute().parent.name
            found = Input(source, path, path.stat().st_size, sha256(path), scale)
            self._check_sum(found)
            check(path)
        except UserError as error:
            raise UserError(f"{error}{advice}") from None
        except OSError as error:
            raise UserError(f"{path}: cannot be read: {error.strerror or error}") from None
        return found

    def _check_sum(self, found: Input) -> None:
        given = found.source.sha256
        expected = given or self.sums.get(found.source.source)
        if expected and found.sha256 != expected:
            place = "the manifest" if given else f"{self.sums.path}, since the first download"
            sums = f"sha256 is {found.sha256}, expected {expected} (in {place})"
            raise UserError(f"{found.path}: {sums}; get the right file or correct the sum")


def find(source: Source, manifest: Path) -> Path:
    """The file that a path in a manifest names; a `UserError` says where it was looked for."""
    places = candidates(source.source, manifest)
    try:
        for path in places:
            if path.is_file():
                return path
        found = "not a file" if any(path.exists() for path in places) else "not found"
    except OSError as error:  # a name that is too long, a folder that is closed
        raise UserError(f"{shown(source.source)}: {str(error.strerror).lower()}; correct the path") from None
    looked = " and ".join(str(path) for path in places)
    raise UserError(f"{source.source}: {found} (looked for {looked}); correct the path")


def copy(found: Input, target: Path) -> None:
    """Copy a checked file; a `UserError` if it doesn't fit, or is no longer what was checked."""
    digest = hashlib.sha256()
    with room_for(target, found.bytes), found.path.open("rb") as reading, target.open("wb") as writing:
        while chunk := reading.read(CHUNK):
            digest.update(chunk)
            writing.write(chunk)
    if digest.hexdigest() != found.sha256:
        raise UserError(f"{found.path}: changed while it was being copied; run again once it is complete")
