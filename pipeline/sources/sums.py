"""sums.json beside a manifest: the sha256 of every download whose manifest entry gives none.

    {"https://host/train.conllu": "a398e8b0...", "https://host/get?…#5fb3c0a1d2e4f678": "18d2c7a1..."}

The first download is trusted and its sum recorded, once all inputs were found sound; every later one must have that
sum. The file lies in the real repository (not in a copy that DVC works in) and is meant to be committed: then other
people and machines get the very same inputs. So no key has a user, a password or a query in it.
"""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from pipeline.errors import public
from pipeline.files.json import parse_json, write_json
from pipeline.sources.download import identify
from pipeline.work.progress import say

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
ADVICE = "take it from git again, or delete it to trust the next downloads anew"


class Sums:
    """Recorded sums by URL."""

    def __init__(self, folder: Path) -> None:
        self.path, self._sums = folder / "sums.json", dict[str, str]()
        if self.path.is_file():
            self._sums = parse_json(self.path.read_bytes(), str(self.path), ADVICE, dict[str, Sha256])

    def get(self, url: str) -> str | None:
        return self._sums.get(identify(url))

    def record(self, sums: dict[str, str]) -> None:
        """Add the sums of URLs that have none yet, and say so; a file that has all of them is not touched."""
        new = {url: sums[url] for url in sorted(sums) if not self.get(url)}
        for url, sha256 in new.items():
            say(f"{public(url)}: no sha256 given, first download trusted; its sum {sha256} is now in {self.path}")
        if new:
            self._sums |= {identify(url): sha256 for url, sha256 in new.items()}
            write_json(self.path, self._sums)
