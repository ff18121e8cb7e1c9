"""One request to a server that may be busy, wrong or hostile: an answer worth reading, or a reason in one line."""

import http.client
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from urllib3.util import Retry

from pipeline.errors import public, shown

TIMEOUT = 30.0
"""Seconds without a byte before an attempt counts as failed."""
REDIRECTS = 10
LONGEST_WAIT = 300.0
"""Seconds that a server may ask to be left alone; if it wants more, the user is told."""
AGENT = "recurrent-embeddings-pipeline"
"""Some servers refuse the default name of a Python library."""
WHOLE, PARTIAL, BEYOND_END = 200, 206, 416
BUSY = (408, 429, 500, 502, 503, 504)
"""HTTP statuses that may be different a little later."""


class Interrupted(Exception):
    """The attempt failed and another may succeed."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        """`wait`: the seconds that the server asks for, if it does."""
        super().__init__(reason)
        self.wait = wait


class Failed(Exception):
    """No further attempt would help."""


@contextmanager
def answer(url: str, headers: Mapping[str, str]) -> Iterator[requests.Response]:
    """Yield the answer to GET, after redirects: 200, 206 or 416, its body not read yet.

    Proxies are those of the environment (http_proxy, https_proxy, no_proxy). Raises `Interrupted` or `Failed`, also
    for what goes wrong while the block reads the body.
    """
    try:
        with _follow(url, {"User-Agent": AGENT, "Accept-Encoding": "identity", **headers}) as response:
            _check(response)
            yield response
    except ValueError as error:  # an address that is none, be it the server's or the proxy's
        raise Failed(_reason(error)) from None
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise Interrupted(_reason(error)) from None


def starts_at(response: requests.Response) -> int | None:
    """The first byte that an answer 206 brings; None if it does not say so in the one way that is understood."""
    found = re.fullmatch(r"bytes (\d{1,18})-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
    return int(found[1]) if found else None


def length(response: requests.Response) -> int | None:
    """Of the file, as an answer 416 has it; None if it does not say so."""
    found = re.fullmatch(r"bytes \*/(\d{1,18})", response.headers.get("Content-Range", ""))
    return int(found[1]) if found else None


def version(response: requests.Response) -> str:
    """What tells this version of the file from others, for If-Range; empty if the server doesn't say."""
    tag = response.headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified", "")


def _follow(url: str, headers: Mapping[str, str]) -> requests.Response:
    # Not left to requests, which would read the body of a redirect, however long, into memory.
    for _ in range(REDIRECTS + 1):
        response = requests.get(url, headers=headers, stream=True, timeout=TIMEOUT, allow_redirects=False)
        if not response.is_redirect:
            return response
        response.close()
        url = _checked_target(url, response.headers["Location"])
    raise Failed(f"redirected more than {REDIRECTS} times, at last to {public(url)}")


def _checked_target(url: str, location: str) -> str:
    target = urljoin(url, location)
    before, after = urlsplit(url).scheme, urlsplit(target).scheme
    if after not in ("http", "https"):
        raise Failed(f"redirected to {public(target)}, expected http:// or https://")
    if (before, after) == ("https", "http"):
        raise Failed(f"redirected from https to {public(target)}, which anybody on the way can change")
    return target


def _check(response: requests.Response) -> None:
    status = (
        f"HTTP {response.status_code} {http.client.responses.get(response.status_code, '')}".rstrip()
    )  # not the server's words
    if response.status_code in BUSY:
        raise _busy(status, response.headers.get("Retry-After"))
    if response.status_code not in (WHOLE, PARTIAL, BEYOND_END):
        raise Failed(status)
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind == "text/html" and response.status_code == WHOLE:
        raise Failed("found a web page (text/html), expected a file: a login, a notice, or the file has moved")


def _busy(status: str, asked: str | None) -> Exception:
    try:
        wait = Retry().parse_retry_after(asked) if asked else None
    except urllib3.exceptions.InvalidHeader:
        wait = None
    if wait is not None and wait > LONGEST_WAIT:
        return Failed(f"{status}, and the server asks to wait {wait:,.0f} s")
    return Interrupted(status, wait)


def _reason(error: BaseException) -> str:
    """The innermost cause: `[Errno 111] Connection refused` and not five wrappers of it."""
    proxy = "proxy of the environment: " if isinstance(error, requests.exceptions.ProxyError) else ""
    while inner := error.__cause__ or error.__context__:
        error = inner
    if isinstance(error, TimeoutError):
        return f"{proxy}nothing came for {TIMEOUT:,.0f} s"
    if isinstance(error, http.client.IncompleteRead):
        return "the answer broke off before its announced end"
    return proxy + (shown(error) or type(error).__name__)
