"""Files from the web: downloaded once, resumed after a break, whole or not there."""

import fcntl
import hashlib
import os
import time
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

import requests
import urllib3

from pipeline.errors import UserError
from pipeline.progress import Meter
from pipeline.sources.places import safe_name
from pipeline.sources.space import room_for

ATTEMPTS = 4
PAUSE = 2.0
"""Seconds before the second attempt; doubled before each further one."""
TIMEOUT = 30.0
"""Seconds without a byte before an attempt counts as failed."""
AGENT = "recurrent-embeddings-pipeline"
"""Some servers refuse the default name of a Python library."""
CHUNK = 1 << 20
PARTIAL, BEYOND_END = 206, 416
BUSY = (408, 429, 500, 502, 503, 504)
"""HTTP statuses that may be different a little later."""


class Interrupted(Exception):
    """The attempt failed and another may succeed; what came so far is kept."""


class Failed(Exception):
    """No further attempt would help."""


def file_name(url: str) -> str:
    """The last part of a URL's path, fit to be a file name."""
    return safe_name(unquote(urlsplit(url).path.rpartition("/")[2])) or "download"


def cached_path(url: str, folder: Path) -> Path:
    """Where the file of a URL lies, or is to be placed by hand: <sha256 of the URL, 16 digits>-<its name>."""
    return folder / f"{hashlib.sha256(url.encode()).hexdigest()[:16]}-{file_name(url)}"


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
        raise UserError(f"{url}: {error}; try again, or place the file by hand as {path}") from None
    _version_path(part).unlink(missing_ok=True)
    return path


def _lock(part: IO[bytes]) -> None:
    try:
        fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)  # until it is closed
    except BlockingIOError:
        raise Failed("another process is downloading it") from None


def _receive_patiently(url: str, part: IO[bytes]) -> None:
    for attempt in range(ATTEMPTS):
        try:
            return _receive(url, part)
        except Interrupted as error:
            reason = str(error)
        if attempt + 1 < ATTEMPTS:
            time.sleep(PAUSE * 2**attempt)
    raise Failed(f"download failed {ATTEMPTS} times, at last: {reason}")


def _receive(url: str, part: IO[bytes]) -> None:
    """One attempt: what `part` does not hold yet is appended to it."""
    try:
        with requests.get(url, headers=_headers(part), stream=True, timeout=TIMEOUT) as response:
            _check_status(response, part)
            if response.status_code != PARTIAL:
                part.truncate(0)
            _version_path(part).write_text(_version(response), encoding="utf-8")
            _save(response, part)
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise Interrupted(_reason(error)) from None


def _headers(part: IO[bytes]) -> dict[str, str]:
    """Those of a request for the rest, if a beginning of known version is there; else for all of it."""
    headers = {"User-Agent": AGENT, "Accept-Encoding": "identity"}
    size, version = _size(part), _version_path(part)
    if size and version.is_file() and (known := version.read_text(encoding="utf-8")):
        headers |= {"Range": f"bytes={size}-", "If-Range": known}
    return headers


def _check_status(response: requests.Response, part: IO[bytes]) -> None:
    status = f"HTTP {response.status_code} {response.reason}"
    if response.status_code == BEYOND_END:  # more than the server's file: it was another one
        part.truncate(0)
        raise Interrupted(status)
    if response.status_code in BUSY:
        raise Interrupted(status)
    if not response.ok:
        raise Failed(status)


def _save(response: requests.Response, part: IO[bytes]) -> None:
    length = response.headers.get("Content-Length")
    total = _size(part) + int(length) if length else None
    meter = Meter(f"download {file_name(response.url)}", "bytes", total)
    meter.add(_size(part))
    with room_for(Path(part.name), int(length or 0)):
        # undecoded: the file as it is published, of the announced length
        for chunk in response.raw.stream(CHUNK, decode_content=False):
            part.write(chunk)
            meter.add(len(chunk))
        part.flush()
    meter.close()
    if total is not None and _size(part) != total:
        raise Interrupted(f"{_size(part):,} bytes came, {total:,} were announced")


def _size(part: IO[bytes]) -> int:
    part.flush()
    return os.fstat(part.fileno()).st_size


def _version(response: requests.Response) -> str:
    """What tells this version of the file from others, for If-Range; empty if the server doesn't say."""
    tag = response.headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified", "")


def _version_path(part: IO[bytes]) -> Path:
    return Path(part.name + ".version")


def _reason(error: BaseException) -> str:
    """The innermost cause: `[Errno 111] Connection refused` and not five wrappers of it."""
    while inner := error.__cause__ or error.__context__:
        error = inner
    return " ".join(str(error).split()) or type(error).__name__
