"""Servers that stall, lie, redirect in circles and serve garbage: the right file, or one line that says what to do."""

import gzip
import io
import re
import time
from collections.abc import Callable
from contextlib import suppress
from email.utils import formatdate
from itertools import count
from pathlib import Path

import pytest
import requests

from pipeline.errors import UserError
from pipeline.sources import download as module
from pipeline.sources.download import LONGEST_NAME, cached_path, download, file_name
from pipeline.work import progress
from tests.sources.server import CONTENT, Handler

Trick = Callable[[Handler], None]


def refusal(handler: type[Handler], folder: Path) -> str:
    """The message of a download that must fail, in one plain line and without a file."""
    with pytest.raises(UserError) as caught:
        download(handler.url, folder)
    message, path = str(caught.value), cached_path(handler.url, folder)
    assert message.isprintable() and len(message) < 600
    assert message.startswith(f"{handler.url}: ") and f"place the file by hand as {path}" in message
    assert not path.exists()
    return message


def half(length: int) -> Trick:
    """An announced length that breaks off after 700 bytes."""

    def trick(answer: Handler) -> None:
        answer.head(200, length)
        answer.wfile.write(CONTENT[:700])

    return trick


def test_silence(handler: type[Handler], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMEOUT", 0.05)
    handler.tricks = [lambda answer: time.sleep(0.2)] * 99
    assert ": nothing came for 0 s; try again" in refusal(handler, tmp_path)
    assert len(handler.paths) == module.ATTEMPTS


def test_stall(handler: type[Handler], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMEOUT", 0.2)

    def stall(answer: Handler) -> None:
        half(len(CONTENT))(answer)
        answer.wfile.flush()
        time.sleep(0.5)

    handler.tricks = [stall]
    assert download(handler.url, tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("length", [len(CONTENT), 10**6])
def test_server_that_always_breaks_off(
    handler: type[Handler], tmp_path: Path, capsys: pytest.CaptureFixture[str], length: int
) -> None:
    handler.tricks = [half(length)] * 99
    assert "the answer broke off before its announced end" in refusal(handler, tmp_path)
    assert len(handler.paths) == module.ATTEMPTS
    assert capsys.readouterr().err.count("download a.conllu: the answer broke off") == module.ATTEMPTS


def test_more_announced_than_fits_on_the_disk(handler: type[Handler], tmp_path: Path) -> None:
    handler.tricks = [lambda answer: answer.head(200, 10**30)]
    assert "no disk space left: 1,000,000,000" in refusal(handler, tmp_path)
    assert len(handler.paths) == 1


@pytest.mark.parametrize("length", ["many", "-5"])
def test_length_that_is_none(handler: type[Handler], tmp_path: Path, length: str) -> None:
    """Then the end of the connection is the end of the file, as HTTP/1.0 has it."""

    def whole(answer: Handler) -> None:
        answer.head(200, length)
        answer.wfile.write(CONTENT)

    handler.tricks = [whole]
    assert download(handler.url, tmp_path).read_bytes() == CONTENT


def test_two_lengths(handler: type[Handler], tmp_path: Path) -> None:
    handler.tricks = [lambda answer: answer.head(200, "1, 2")] * 99
    assert "a.conllu: Content-Length contained multiple unmatching values (1, 2)" in refusal(handler, tmp_path)


def test_a_packed_file_stays_packed(handler: type[Handler], tmp_path: Path) -> None:
    """Some servers say of a .gz that it is a text in transfer."""
    packed = gzip.compress(CONTENT, mtime=0)

    def declared(answer: Handler) -> None:
        answer.head(200, len(packed), **{"Content-Encoding": "gzip"})
        answer.wfile.write(packed)

    handler.tricks = [declared]
    assert download(handler.url, tmp_path).read_bytes() == packed


def redirect(target: str) -> Trick:
    def trick(answer: Handler) -> None:
        answer.send_response(302)
        answer.send_header("Location", target)
        answer.send_header("Content-Length", "1000000000000")  # nobody waits for it
        answer.end_headers()

    return trick


def test_redirects_are_followed(handler: type[Handler], tmp_path: Path) -> None:
    handler.tricks = [redirect("/mirror/a.conllu"), redirect(handler.url.replace("127.0.0.1", "localhost"))]
    path = download(handler.url, tmp_path)
    assert path == cached_path(handler.url, tmp_path) and path.read_bytes() == CONTENT
    assert handler.paths == ["/a.conllu", "/mirror/a.conllu", "/a.conllu"]


def test_endless_answer_of_a_redirect(handler: type[Handler], tmp_path: Path) -> None:
    def endless(answer: Handler) -> None:
        answer.send_response(302)
        answer.send_header("Location", "/mirror/a.conllu")
        answer.send_header("Transfer-Encoding", "chunked")
        answer.end_headers()
        with suppress(OSError):
            while True:
                answer.wfile.write(b"5\r\nagain\r\n")

    handler.tricks = [endless]
    assert download(handler.url, tmp_path).read_bytes() == CONTENT


def test_redirects_in_a_circle(handler: type[Handler], tmp_path: Path) -> None:
    numbers = count()
    handler.tricks = [lambda answer: redirect(f"/{next(numbers)}/a.conllu")(answer)] * 999
    assert "Exceeded 30 redirects" in refusal(handler, tmp_path)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://host/a", "data:,x", "javascript:x"])
def test_redirect_to_what_is_no_web_address(handler: type[Handler], tmp_path: Path, target: str) -> None:
    handler.tricks = [redirect(target)]
    assert "expected http:// or https://" in refusal(handler, tmp_path)
    assert len(handler.paths) == 1


@pytest.mark.parametrize("target", ["//[", "https://"])
def test_redirect_to_no_host(handler: type[Handler], tmp_path: Path, target: str) -> None:
    handler.tricks = [redirect(target)] * 99
    refusal(handler, tmp_path)


def test_redirect_away_from_encryption() -> None:
    """The signature in the address is not repeated."""
    response = requests.Response()
    response.status_code, response.url, response.raw = 302, "https://host/a", io.BytesIO()
    response.headers["Location"] = "http://me:S3cr3t@host/b?sig=S3cr3t"
    with pytest.raises(UserError, match=re.escape("from https to http://host/b?…, which anybody on the way can")):
        module._check(response)


@pytest.mark.parametrize("status", [201, 204, 206, 300, 304, 401, 403, 404, 410, 451])
def test_no_file_in_the_answer(handler: type[Handler], tmp_path: Path, status: int) -> None:
    handler.tricks = [lambda answer: answer.head(status, 0)]
    assert f"HTTP {status}" in refusal(handler, tmp_path)
    assert len(handler.paths) == 1


def test_web_page_in_place_of_the_file(handler: type[Handler], tmp_path: Path) -> None:
    handler.tricks = [lambda answer: answer.head(200, 0, **{"Content-Type": "text/html; charset=utf-8"})]
    assert "found a web page (text/html), expected a file" in refusal(handler, tmp_path)
    assert len(handler.paths) == 1


def bare(answer: bytes) -> Trick:
    def trick(handler: Handler) -> None:
        handler.wfile.write(answer)

    return trick


@pytest.mark.parametrize("garbage", [b"\x1b[2J\x07" * 999, b"HTTP/1.1 abc\r\n\r\n", b"\xff\xfe" * 70_000, b""])
def test_garbage_in_place_of_an_answer(handler: type[Handler], tmp_path: Path, garbage: bytes) -> None:
    handler.tricks = [bare(garbage)] * 99
    refusal(handler, tmp_path)
    assert len(handler.paths) in (0, module.ATTEMPTS)


def test_the_servers_words_of_a_status_are_not_repeated(handler: type[Handler], tmp_path: Path) -> None:
    handler.tricks = [bare(b"HTTP/1.1 403 \x1b]0;x\x07 token=secret\r\n\r\n")]
    assert "HTTP 403 Forbidden; " in refusal(handler, tmp_path)


@pytest.mark.parametrize("status", [429, 503])
def test_waits_as_long_as_the_server_asks(
    handler: type[Handler],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    status: int,
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    times = ["7", formatdate(time.time() + 100, usegmt=True), "soon"]
    handler.tricks = [lambda answer: answer.head(status, 0, **{"Retry-After": times.pop(0)})] * 3
    assert download(handler.url, tmp_path).read_bytes() == CONTENT
    assert waits == [7, pytest.approx(100, abs=3), 0]
    assert f"download a.conllu: HTTP {status}" in capsys.readouterr().err


def test_does_not_wait_for_ever(handler: type[Handler], tmp_path: Path) -> None:
    handler.tricks = [lambda answer: answer.head(503, 0, **{"Retry-After": "3600"})]
    assert "HTTP 503 Service Unavailable, and the server asks to wait 3,600 s; try again" in refusal(handler, tmp_path)


def test_proxy_of_the_environment(handler: type[Handler], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", handler.url.removesuffix("/a.conllu"))
    monkeypatch.setenv("no_proxy", "")
    url = "http://somewhere.invalid/a.conllu"
    assert download(url, tmp_path).read_bytes() == CONTENT
    assert handler.paths == [url]


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:9", "socks9://x", "nonsense://"])
def test_proxy_that_is_none(
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
    said = capsys.readouterr().err
    assert f"download a.conllu: 1,000 of {len(CONTENT):,} bytes, " in said and "s left" in said
    assert f"download a.conllu: {len(CONTENT):,} bytes in " in said


def test_long_name(handler: type[Handler], tmp_path: Path) -> None:
    url = f"{handler.url.removesuffix('a.conllu')}{'%D0%AF' * 300}/a.conllu"
    assert len(file_name(f"http://host/{'%D0%AF' * 300}.txt.gz")) == LONGEST_NAME
    assert file_name(f"http://host/{'%D0%AF' * 300}.txt.gz").endswith("Я.txt.gz")
    assert download(url, tmp_path).read_bytes() == CONTENT
