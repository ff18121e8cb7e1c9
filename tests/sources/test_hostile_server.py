"""Servers that stall, lie, redirect in circles and serve garbage: the right file, or one line that says what to do."""

import time
from collections.abc import Callable
from email.utils import formatdate
from itertools import count
from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.sources import download as module
from pipeline.sources import http
from pipeline.sources.download import LONGEST_NAME, cached_path, download, file_name
from pipeline.work import progress
from tests.sources.server import CONTENT, Handler

Trick = Callable[[Handler], None]


def refusal(handler: type[Handler], folder: Path) -> str:
    """The message of a download that fails, as it must: one plain line, and no file."""
    with pytest.raises(UserError) as caught:
        download(handler.url, folder)
    message, path = str(caught.value), cached_path(handler.url, folder)
    assert message.isprintable() and len(message) < 600
    assert message.startswith(f"{handler.url}: ") and f"place the file by hand as {path}" in message
    assert not path.exists()
    return message


def test_stall_keeps_what_came(handler: type[Handler], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "TIMEOUT", 0.2)

    def stall(answer: Handler) -> None:
        answer.head(200, len(CONTENT))
        answer.wfile.write(CONTENT[:700])
        answer.wfile.flush()
        time.sleep(0.5)

    handler.tricks = [stall]
    assert download(handler.url, tmp_path).read_bytes() == CONTENT
    assert handler.ranges == [None, "bytes=700-"]


def test_silence(handler: type[Handler], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "TIMEOUT", 0.05)
    monkeypatch.setattr(module, "ATTEMPTS", 2)
    handler.tricks = [lambda answer: time.sleep(0.2)] * 2
    assert "failed 2 times in a row, at last: nothing came for 0 s" in refusal(handler, tmp_path)


def test_attempts_that_bring_something_do_not_count(handler: type[Handler], tmp_path: Path) -> None:
    handler.cuts = breaks = 2 * module.ATTEMPTS
    assert download(handler.url, tmp_path).read_bytes() == CONTENT
    assert len(handler.ranges) == breaks + 1


def without_ranges(length: int) -> Trick:
    """The whole of an announced length that breaks off after 700 bytes."""

    def trick(answer: Handler) -> None:
        answer.head(200, length)
        answer.wfile.write(CONTENT[:700])

    return trick


def test_server_without_ranges_that_always_breaks_off(handler: type[Handler], tmp_path: Path) -> None:
    handler.tricks = [without_ranges(len(CONTENT))] * 99
    assert "at last: the answer broke off before its announced end" in refusal(handler, tmp_path)
    assert len(handler.ranges) == module.ATTEMPTS


def test_server_without_ranges_sends_the_whole(handler: type[Handler], tmp_path: Path) -> None:
    def whole(answer: Handler) -> None:
        answer.head(200, len(CONTENT))
        answer.wfile.write(CONTENT)

    handler.tricks = [without_ranges(len(CONTENT)), whole]
    assert download(handler.url, tmp_path).read_bytes() == CONTENT


def test_too_much_announced(handler: type[Handler], tmp_path: Path) -> None:
    handler.tricks = [without_ranges(10**6)] * 99
    assert "broke off" in refusal(handler, tmp_path)


def test_more_announced_than_fits_on_the_disk(handler: type[Handler], tmp_path: Path) -> None:
    handler.tricks = [lambda answer: answer.head(200, 10**30)]
    with pytest.raises(UserError, match=r"a\.conllu\.part: no disk space left: 1,000,000,.* bytes needed"):
        download(handler.url, tmp_path)


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


def test_another_part_than_asked_for(handler: type[Handler], tmp_path: Path) -> None:
    """Bytes are never put in the wrong place: the whole is asked for anew."""

    def shifted(answer: Handler) -> None:
        answer.head(206, 3, **{"Content-Range": f"bytes 1-3/{len(CONTENT)}"})
        answer.wfile.write(b"xxx")

    handler.tricks = [without_ranges(len(CONTENT)), shifted]
    assert download(handler.url, tmp_path).read_bytes() == CONTENT
    assert handler.ranges == [None, "bytes=700-", None]


def test_part_of_another_version(handler: type[Handler], tmp_path: Path) -> None:
    def other(answer: Handler) -> None:
        answer.head(206, 3, **{"Content-Range": f"bytes 700-702/{len(CONTENT)}", "ETag": '"other"'})
        answer.wfile.write(b"xxx")

    handler.tricks = [without_ranges(len(CONTENT)), other]
    assert b"xxx" not in download(handler.url, tmp_path).read_bytes()


def test_unasked_part(handler: type[Handler], tmp_path: Path) -> None:
    handler.tricks = [lambda answer: answer.head(206, 3)] * 99
    assert "another part came than the one asked for" in refusal(handler, tmp_path)


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


def test_redirects_in_a_circle(handler: type[Handler], tmp_path: Path) -> None:
    numbers = count()
    handler.tricks = [lambda answer: redirect(f"/{next(numbers)}/a.conllu")(answer)] * 99
    assert f"redirected more than {http.REDIRECTS} times" in refusal(handler, tmp_path)
    assert len(handler.paths) == http.REDIRECTS + 1


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://host/a", "data:,x", "javascript:x", "//[", "https://"])
def test_redirect_to_what_is_no_web_address(handler: type[Handler], tmp_path: Path, target: str) -> None:
    handler.tricks = [redirect(target)]
    refusal(handler, tmp_path)
    assert len(handler.paths) == 1


def test_redirect_away_from_encryption() -> None:
    with pytest.raises(http.Failed, match="from https to http://host/b, which anybody on the way can change"):
        http._checked_target("https://host/a", "http://host/b")


@pytest.mark.parametrize("status", [201, 204, 300, 304, 401, 403, 404, 410, 451])
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
    assert "failed 4 times in a row, at last: " in refusal(handler, tmp_path)


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
    assert f"HTTP {status}" in (said := capsys.readouterr().err) and "again in 7 s, from byte 0" in said


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


def test_progress_counts_what_was_there(
    handler: type[Handler], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "LOG_EVERY", 0)
    handler.cuts = 1
    download(handler.url, tmp_path)
    half, whole = len(CONTENT) // 2, len(CONTENT)
    said = capsys.readouterr().err
    assert f"{half:,} of {whole:,} bytes, " in said and "s left" in said
    assert f"download a.conllu: {whole - half:,} bytes in " in said  # the rate is that of this attempt


def test_long_name(handler: type[Handler], tmp_path: Path) -> None:
    url = f"{handler.url.removesuffix('a.conllu')}{'%D0%AF' * 300}/a.conllu"
    assert len(file_name(f"http://host/{'%D0%AF' * 300}.txt.gz")) == LONGEST_NAME
    assert file_name(f"http://host/{'%D0%AF' * 300}.txt.gz").endswith("Я.txt.gz")
    assert download(url, tmp_path).read_bytes() == CONTENT
