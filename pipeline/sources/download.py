"""Files from the web: downloaded once, resumed after a break, whole or not there.

Whole is what the server announces; whether it is the right file, the sum and the check of its content say. Nothing
that was downloaded is executed or unpickled.
"""

import hashlib
import os
import time
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

from requests import Response

from pipeline.errors import UserError, public
from pipeline.sources.http import BEYOND_END, PARTIAL, Failed, Interrupted, answer, length, starts_at, version
from pipeline.sources.places import safe_name
from pipeline.sources.space import room_for
from pipeline.work.locks import lock_alone
from pipeline.work.progress import Meter, say

ATTEMPTS = 4
"""In a row, without a byte that no earlier one brought."""
PAUSE = 2.0
"""Seconds before the second attempt; doubled before each further one."""
CHUNK = 1 << 20
LONGEST_NAME = 50
"""Characters, of up to four bytes: file systems end at 255."""


def file_name(url: str) -> str:
    """The last part of a URL's path, or the end of it, fit to be a file name."""
    name = unquote(urlsplit(public(url.replace(";", "%3B"))).path.rpartition("/")[2]).partition(";")[0]
    return safe_name(name)[-LONGEST_NAME:] or "download"


def cached_path(url: str, folder: Path) -> Path:
    """Where the file of a URL lies, or is to be placed by hand: <sha256 of the URL, 16 digits>-<its name>.

    The sum is that of the URL without user and password, which may be short enough to be guessed from it.
    """
    parts = urlsplit(url)
    named = url.replace(parts.netloc, parts.netloc.rpartition("@")[2], 1)
    return folder / f"{hashlib.sha256(named.encode()).hexdigest()[:16]}-{file_name(url)}"


def download(url: str, folder: Path) -> Path:
    """Return the file of a URL, downloaded into `folder` unless it is there.

    Raises a `UserError` that names the URL, the reason and the path where to place the file by hand.
    """
    path = cached_path(url, folder)
    if path.is_file():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    try:
        with path.with_name(path.name + ".part").open("ab") as part:
            _lock(part)
            _receive_patiently(url, part)
            os.replace(part.name, path)
    except Failed as error:
        raise UserError(f"{public(url)}: {error}; try again, or place the file by hand as {path}") from None
    _version_path(part).unlink(missing_ok=True)
    return path


def _lock(part: IO[bytes]) -> None:
    if not lock_alone(part):
        raise Failed("another process is downloading it")


def _receive_patiently(url: str, part: IO[bytes]) -> None:
    attempts, longest = 0, 0
    while True:
        try:
            return _receive(url, part)
        except Interrupted as error:
            interruption = error
        if _size(part) > longest:
            attempts, longest = 0, _size(part)
        attempts += 1
        if attempts == ATTEMPTS:
            raise Failed(f"download failed {ATTEMPTS} times in a row, at last: {interruption}")
        wait = PAUSE * 2 ** (attempts - 1) if interruption.wait is None else interruption.wait
        say(f"download {file_name(url)}: {interruption}; again in {wait:,.0f} s, from byte {_size(part):,}")
        time.sleep(wait)


def _receive(url: str, part: IO[bytes]) -> None:
    """One attempt: what `part` does not hold yet is appended to it."""
    with answer(url, _rest_only(part)) as response:
        if response.status_code == BEYOND_END:
            if length(response) == _size(part) and version(response) in ("", _known_version(part)):
                return  # whole: the last run was killed before it said so
            part.truncate(0)  # more than the server's file: it was another one
            raise Interrupted("what was there is longer than the file")
        if response.status_code != PARTIAL:
            part.truncate(0)
        elif starts_at(response) != _size(part) or version(response) != _known_version(part):
            part.truncate(0)
            raise Interrupted("another part came than the one asked for")
        _version_path(part).write_text(version(response), encoding="utf-8")
        _save(url, response, part)


def _rest_only(part: IO[bytes]) -> dict[str, str]:
    """Headers that ask for the rest, if a beginning of known version is there; else for all of the file."""
    size, known = _size(part), _known_version(part)
    return {"Range": f"bytes={size}-", "If-Range": known} if size and known else {}


def _save(url: str, response: Response, part: IO[bytes]) -> None:
    size, left = _size(part), response.raw.length_remaining
    meter = Meter(f"download {file_name(url)}", "bytes", None if left is None else size + left, size)
    with room_for(Path(part.name), left or 0):
        # undecoded: the file as it is published; read1: all that came before a break is kept
        while chunk := response.raw.read1(CHUNK, decode_content=False):
            part.write(chunk)
            meter.add(len(chunk))
        part.flush()
    meter.close()


def _size(part: IO[bytes]) -> int:
    part.flush()
    return os.fstat(part.fileno()).st_size


def _known_version(part: IO[bytes]) -> str:
    """Of what `part` holds; empty if nobody said."""
    path = _version_path(part)
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _version_path(part: IO[bytes]) -> Path:
    return Path(part.name + ".version")
