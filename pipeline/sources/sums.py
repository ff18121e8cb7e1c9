"""sums.json beside a manifest: the sha256 of every download whose manifest entry gives none.

    {"https://host/train.conllu": "a398e8b0..."}

The first download is trusted and its sum recorded, once all inputs were found sound; every later one must
have that sum. The file lies in the real repository (not in a copy that DVC works in) and is meant to be
committed: then other people and machines get the very same inputs.
"""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from pipeline.outputs import parse_json, write_json
from pipeline.progress import say

Sum = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
"""sha256."""


class Sums:
    """Recorded sums by URL."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "sums.json"
        self._sums = _read(self.path) if self.path.is_file() else {}

    def get(self, url: str) -> str | None:
        return self._sums.get(url)

    def record(self, found: dict[str, str]) -> None:
        """Add the sums of URLs that have none yet, and say so; without any the file is not touched."""
        new = {url: found[url] for url in found.keys() - self._sums.keys()}
        for url in sorted(new):
            say(f"{url}: no sha256 given, first download trusted; its sum {new[url]} is now in {self.path}")
        if new:
            self._sums |= new
            write_json(self.path, self._sums)


def _read(path: Path) -> dict[str, str]:
    advice = "take it from git again, or delete it to trust the next downloads anew"
    sums: dict[str, str] = parse_json(path.read_bytes(), str(path), advice, dict[str, Sum])
    return sums
