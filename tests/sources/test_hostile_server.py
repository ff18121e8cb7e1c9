"""Servers that stall, lie, redirect in circles and serve garbage: the right file, or one line that says what to do."""

import gzip
import io
import re
import time
from contextlib import suppress
from email.utils import formatdate
from itertools import count
from pathlib import Path

import pytest
import requests

from pipeline.errors import UserError
from pipeline.sources import download as module
from pipeline.sources.download import ATTEMPTS, LONGEST_NAME, cached_path, download, file_name
from pipeline.work import progress
from tests.sources.server import CONTENT, Handler, Trick, answer


def refusal(handler: type[Handler], folder: Path) -> str:
    """The message of a download that must fail, in one plain line and without a file."""
    with pytest.raises(UserError) as caught:
        download(handler.url, folder)
    message, path = str(caught.value), cached_path(handler.url, folder)
    assert message.isprintable() and len(message) < 600
    assert message.startswith(f"{handler.url}: ") and f"; try again, or place the file by hand as {path}" in message
    assert list(folder.iterdir()) == []
    return message


def half(length: int) -> Trick:
    """An announced length that breaks off after 700 bytes."""
    return answer(200, length, CONTENT[:700])


def redirect(target: str) -> Trick:
    """A redirect with a body of 1 TB, which nobody waits for."""
    return answer(302, 10**12, Location=target)


def bare(data: bytes) -> Trick:
    """These bytes alone."""

    def trick(handler: Handler) -> None:
        handler.wfile.write(data)

    return trick


# name of the case -> what every request is answered, the message, how often the client asks
FAILURES: dict[str, tuple[Trick, str, int]] = {
    "breaks off": (half(len(CONTENT)), "the answer broke off before its announced end", ATTEMPTS),
    "breaks off early": (half(10**6), "the answer broke off before its announced end", ATTEMPTS),
    "two lengths": (answer(200, "1, 2"), "Content-Length contained multiple unmatching values (1, 2)", ATTEMPTS),
    "larger than the disk": (answer(200, 10**30), "no disk space left: 1,000,000,000", 1),
    "web page": (answer(200, Content_Type="text/html; charset=utf-8"), "found a web page (text/html), expected", 1),
    "long wait": (answer(503, Retry_After="3600"), "HTTP 503 Service Unavailable, and the server asks to wait", 1),
    "words of a status": (bare(b"HTTP/1.1 403 \x1b]0;x\x07 token=secret\r\n\r\n"), "HTTP 403 Forbidden; ", 1),
    "redirect to a file": (redirect("file:///etc/passwd"), "expected http:// or https://", 1),
    "redirect to a script": (redirect("javascript:x"), "expected http:// or https://", 1),
    "redirect to an open bracket": (redirect("//["), "", ATTEMPTS),
    "redirect to no host": (redirect("https://"), "", ATTEMPTS),
    "garbage": (bare(b"\x1b[2J\x07" * 999), "", ATTEMPTS),
    "no number for a status": (bare(b"HTTP/1.1 abc\r\n\r\n"), "", ATTEMPTS),
    "a long line": (bare(b"\xff\xfe" * 70_000), "", ATTEMPTS),
    "nothing": (bare(b""), "", ATTEMPTS),
} | {f"status {status}": (answer(status), f"HTTP {status}", 1) for status in (201, 206, 300, 304, 401, 404, 451)}


@pytest.mark.parametrize("case", FAILURES)
def test_answer_without_the_file(handler: type[Handler], tmp_path: Path, case: str) -> None:
    trick, expected, times = FAILURES[case]
    handler.tricks = [trick] * 99
    assert expected in refusal(handler, tmp_path)
    assert len(handler.paths) == times


def test_silence(handler: type[Handler], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMEOUT", 0.05)
    handler.tricks = [lambda _: time.sleep(0.2)] * 99
    assert ": nothing came for 0 s; try again" in refusal(handler, tmp_path)
    assert len(handler.paths) == ATTEMPTS


def test_stall_is_tried_again(
    handler: type[Handler], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "TIMEOUT", 0.2)

    def stall(answering: Handler) -> None:
        half(len(CONTENT))(answering)
        time.sleep(0.5)

    handler.tricks = [stall, half(len(CONTENT))]
    assert download(handler.url, tmp_path).read_bytes() == CONTENT
    assert "download a.conllu: the answer broke off" in capsys.readouterr().err


@pytest.mark.parametrize("length", ["many", "-5"])
def test_without_a_length_the_file_ends_with_the_connection(
    handler: type[Handler], tmp_path: Path, length: str
) -> None:
    handler.tricks = [answer(200, length, CONTENT)]
    assert download(handler.url, tmp_path).read_bytes() == CONTENT


def test_a_packed_file_stays_packed(handler: type[Handler], tmp_path: Path) -> None:
    """Some servers declare a .gz to be a text that is packed for its transfer."""
    packed = gzip.compress(CONTENT, mtime=0)
    handler.tricks = [answer(200, len(packed), packed, Content_Encoding="gzip")]
    assert download(handler.url, tmp_path).read_bytes() == packed


def test_redirects_are_followed(handler: type[Handler], tmp_path: Path) -> None:
    handler.tricks = [redirect("/mirror/a.conllu"), redirect(handler.url.replace("127.0.0.1", "localhost"))]
    path = download(handler.url, tmp_path)
    assert path == cached_path(handler.url, tmp_path) and path.read_bytes() == CONTENT
    assert handler.paths == ["/a.conllu", "/mirror/a.conllu", "/a.conllu"]


def test_endless_answer_of_a_redirect(handler: type[Handler], tmp_path: Path) -> None:
    def endless(answering: Handler) -> None:
        redirect("/mirror/a.conllu")(answering)
        with suppress(OSError):
            while True:
                answering.wfile.write(b"again")

    handler.tricks = [endless]
    assert download(handler.url, tmp_path).read_bytes() == CONTENT


def test_redirects_in_a_circle(handler: type[Handler], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("requests.sessions.DEFAULT_REDIRECT_LIMIT", 3)
    numbers = count()
    handler.tricks = [lambda answering: redirect(f"/{next(numbers)}/a.conllu")(answering)] * 99
    assert "Exceeded 3 redirects" in refusal(handler, tmp_path)


def test_redirect_away_from_encryption() -> None:
    """The signature in the address is not repeated."""
    response = requests.Response()
    response.status_code, response.url, response.raw = 302, "https://host/a", io.BytesIO()
    response.headers["Location"] = "http://me:S3cr3t@host/b?sig=S3cr3t"
    with pytest.raises(UserError, match=re.escape("from https to http://host/b?…, which anybody on the way can")):
        module._check(response)


def test_waits_as_long_as_the_server_asks(
    handler: type[Handler], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    date = formatdate(time.time() + 100, usegmt=True)
    handler.tricks = [answer(429, Retry_After="7"), answer(503, Retry_After=date), answer(503, Retry_After="soon")]
    assert download(handler.url, tmp_path).read_bytes() == CONTENT
    assert waits == [7, pytest.approx(100, abs=3), 0]
    assert "download a.conllu: HTTP 429" in capsys.readouterr().err


def test_proxy_of_the_environment(handler: type[Handler], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", handler.url.removesuffix("/a.conllu"))
    monkeypatch.setenv("no_proxy", "")
    url = "http://somewhere.invalid/a.conllu"
    assert download(url, tmp_path).read_bytes() == CONTENT
    assert handler.paths == [url]


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:9", "socks9://x", "nonsense://"])
def test_proxy_that_does_not_answer(
    handler: type[Handler], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.setenv("no_proxy", "")
    assert "prox" in refusal(handler, tmp_path).lower()
    assert handler.paths == []


def test_progress(
    handler: type[Handler], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "LOG_EVERY", 0)
    monkeypatch.setattr(module, "CHUNK", 1000)
    download(handler.url, tmp_path)
    lines = capsys.readouterr().err
    assert f"download a.conllu: 1,000 of {len(CONTENT):,} bytes, " in lines and "s left" in lines
    assert f"download a.conllu: {len(CONTENT):,} bytes in " in lines


def test_long_name(handler: type[Handler], tmp_path: Path) -> None:
    url = f"{handler.url.removesuffix('a.conllu')}{'%D0%AF' * 300}/a.conllu"
    name = file_name(f"http://host/{'%D0%AF' * 300}.txt.gz")
    assert len(name) == LONGEST_NAME and name.endswith("Я.txt.gz")
    assert file_name("http://host/x/..%2F%1B%0A|b.txt") == "..____b.txt"
    assert download(url, tmp_path).read_bytes() == CONTENT
