"""Downloads by pooch, tried several times: a file is as long as the server announced, or is not there.

Its sum and the reader of its content tell whether it is the right file. Nothing that was downloaded is executed or
unpickled.
"""

import hashlib
import http.client
import os
import re
import shutil
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pooch
import requests
import urllib3
from urllib3.util import Retry

from pipeline.errors import UserError, public, shown
from pipeline.work.locks import hold
from pipeline.work.outputs import named, remove
from pipeline.work.progress import say, track

ATTEMPTS = 4
TIMEOUT = 30.0
"""Seconds without a byte after which an attempt has failed."""
LONGEST_WAIT = 300.0
"""The most seconds that a server may ask for; a longer wait is an error."""
CHUNK = 1 << 20
LONGEST_NAME = 50
"""Characters of a file name; each may be four bytes, and file systems allow 255 bytes."""
BUSY = (408, 429, 500, 502, 503, 504)
"""HTTP statuses that may change soon."""
HEADERS = {"User-Agent": "recurrent-embeddings-pipeline", "Accept-Encoding": "identity"}
"""Some servers refuse the default name of a Python library."""
_RENEWED = re.compile(
    r"^x-(amz|goog)-|(^|[-_.])(\w*token|sig|signature|auth|authorization|secret|passw(or)?d|credentials?|expires|expiry|"
    r"api_?key|key|jsessionid|session_?id)$",
    re.IGNORECASE,
)
"""Names in a query whose values may change while the file stays the same."""

pooch.get_logger().setLevel("ERROR")  # its other messages show URLs with their passwords


def safe_name(name: str) -> str:
    """Replace all characters of a file name except letters, digits and `_.+-`."""
    return re.sub(r"[^\w.+-]", "_", name)


def file_name(url: str) -> str:
    """The last part of a URL's path, or its end if it is long, as a file name."""
    name = unquote(urlsplit(public(url.replace(";", "%3B"))).path.rpartition("/")[2]).partition(";")[0]
    return safe_name(name)[-LONGEST_NAME:] or "download"


def identify(url: str) -> str:
    """The key of a URL: its public part, and a sum of its query to tell two files of one address apart."""
    query = [part for part in re.split("[?;&]", url.partition("#")[0])[1:] if part]
    query = [part for part in query if not _RENEWED.search(part.partition("=")[0])]
    return public(url) + (f"#{hashlib.sha256('&'.join(query).encode()).hexdigest()[:16]}" if query else "")


def cached_path(url: str, folder: Path) -> Path:
    """The path of a URL's file, downloaded or placed there by hand: <16 digits of the key's sha256>-<its name>."""
    return folder / f"{hashlib.sha256(identify(url).encode()).hexdigest()[:16]}-{file_name(url)}"


def download(url: str, folder: Path) -> Path:
    """Return the file of a URL, downloaded into `folder` unless it is there.

    Raises a `UserError` that names the URL, the reason, and the path where the file can be placed by hand.
    """
    path = cached_path(url, folder)
    if path.is_file():
        return path
    partial = path.with_name(f".{path.name}.partial")
    with hold(path.with_name(f".{path.name}.lock"), "downloading it"), named(path):
        remove(partial)  # a killed run may have left it
        urls, sums = {path.name: url}, {path.name: None}
        client = pooch.create(partial, base_url="", registry=sums, urls=urls, retry_if_failed=ATTEMPTS - 1)
        try:
            os.replace(client.fetch(path.name, downloader=_receive), path)
        except (UserError, ValueError, requests.RequestException, urllib3.exceptions.HTTPError) as error:
            advice = f"try again, or place the file by hand as {path}"
            raise UserError(f"{public(url)}: {_reason(error)}; {advice}") from None
        finally:
            remove(partial)
    return path


def need_room(path: Path, needed: int) -> None:
    """Raise a `UserError` if the disk has less than `needed` bytes free for `path`, whose folder exists."""
    if (free := shutil.disk_usage(path.parent).free) < needed:
        raise UserError(f"{path}: no disk space left: {needed:,} bytes needed, {free:,} free; make room")


def _receive(url: str, path: str, _: object) -> None:
    """Make one attempt, in which `_check` sees every answer first; pooch tries again after a `RequestException`.

    Proxies are those of the environment (http_proxy, https_proxy, no_proxy).
    """
    label = f"download {file_name(url)}"
    try:
        with requests.get(url, headers=HEADERS, stream=True, timeout=TIMEOUT, hooks={"response": _check}) as response:
            response.raw.headers.pop("Content-Encoding", None)  # a compressed file stays compressed
            size = response.raw.length_remaining
            need_room(Path(path), size or 0)
            with open(path, "wb") as file:
                for chunk in track(response.iter_content(CHUNK), label, "bytes", size, len):
                    file.write(chunk)
    except requests.RequestException as error:
        say(f"{label}: {_reason(error)}")
        raise


def _check(response: requests.Response, **_: object) -> None:
    """Refuse an answer that must not be followed or saved before its body is read; wait if a busy server asks to."""
    status = f"HTTP {response.status_code} {http.client.responses.get(response.status_code, '')}".rstrip()
    if response.is_redirect:
        response.close()  # otherwise requests would read its body, however long, into memory
        target = urljoin(response.url, response.headers["Location"])
        if urlsplit(target).scheme not in ("http", "https"):
            raise UserError(f"redirected to {public(target)}, expected http:// or https://")
        if (urlsplit(response.url).scheme, urlsplit(target).scheme) == ("https", "http"):
            raise UserError(f"redirected from https to {public(target)}, which anybody on the way can change")
    elif response.status_code in BUSY:
        wait = 0.0
        with suppress(urllib3.exceptions.InvalidHeader):
            wait = Retry().get_retry_after(response.raw) or wait
        if wait > LONGEST_WAIT:
            raise UserError(f"{status}, and the server asks to wait {wait:,.0f} s")
        time.sleep(wait)
        raise requests.HTTPError(status)
    elif response.status_code != 200:
        raise UserError(status)
    elif response.headers.get("Content-Type", "").strip().lower().startswith("text/html"):
        raise UserError("found a web page (text/html), expected a file: a login, a notice, or the file has moved")


def _reason(error: BaseException) -> str:
    """The innermost cause: `[Errno 111] Connection refused` without the five errors around it."""
    if isinstance(error, UserError):
        return str(error)
    proxy = "proxy of the environment: " if isinstance(error, requests.exceptions.ProxyError) else ""
    while inner := error.__cause__ or error.__context__:
        error = inner
    if isinstance(error, TimeoutError):
        return f"{proxy}nothing came for {TIMEOUT:,.0f} s"
    if isinstance(error, http.client.IncompleteRead):
        return "the answer broke off before its announced end"
    return proxy + (shown(error) or type(error).__name__)
