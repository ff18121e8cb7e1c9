"""sums.json beside a manifest: the sha256 of every download whose manifest entry gives none.

    {"https://host/train.conllu": "a398e8b0...", "https://host/get?…#5fb3c0a1d2e4f678": "18d2c7a1..."}

The first download is trusted and its sum recorded, once all inputs were found sound; every later one must
have that sum. The file lies in the real repository (not in a copy that DVC works in) and is meant to be
committed: then other people and machines get the very same inputs. So no key has a user, a password or a query, but
for a sum of the query that tells two files of one address apart.
"""

import hashlib
import re
from pathlib import Path
from typing import Annotated

from pydantic import Field

from pipeline.errors import public
from pipeline.files.json import parse_json, write_json
from pipeline.work.progress import say

Sum = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
"""sha256."""
_RENEWED = re.compile(
    r"^x-(amz|goog)-|(^|[-_.])(\w*token|sig|signature|auth|authorization|secret|passw(or)?d|credentials?|expires|expiry|"
    r"api_?key|key|jsessionid|session_?id)$",
    re.IGNORECASE,
)
"""Names in a query whose values another day may change, and the file stays the same."""


class Sums:
    """Recorded sums by URL."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "sums.json"
        self._stored = _read(self.path) if self.path.is_file() else {}
        self._sums = {identify(url): sum_ for url, sum_ in self._stored.items()}

    def get(self, url: str) -> str | None:
        return self._sums.get(identify(url))

    def record(self, found: dict[str, str]) -> None:
        """Add the sums of URLs that have none yet, and say so; a file that has all is not touched, unless it shows a
        query, as earlier versions wrote it."""
        new = {url: found[url] for url in found if identify(url) not in self._sums}
        for url in sorted(new):
            say(f"{public(url)}: no sha256 given, first download trusted; its sum {new[url]} is now in {self.path}")
        self._sums |= {identify(url): sum_ for url, sum_ in new.items()}
        if self._sums != self._stored:
            write_json(self.path, self._sums)


def identify(url: str) -> str:
    """The key of a URL; that of a key is the key itself."""
    if "?…" in url:
        return url
    asked = [part for part in re.split("[?;&]", url.partition("#")[0])[1:] if part]
    asked = [part for part in asked if not _RENEWED.search(part.partition("=")[0])]
    return public(url) + (f"#{hashlib.sha256('&'.join(asked).encode()).hexdigest()[:16]}" if asked else "")


def _read(path: Path) -> dict[str, str]:
    advice = "take it from git again, or delete it to trust the next downloads anew"
    sums: dict[str, str] = parse_json(path.read_bytes(), str(path), advice, dict[str, Sum])
    return sums
