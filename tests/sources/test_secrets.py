"""Users, passwords and tokens of a URL: used for the download, and written or said nowhere."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.sources.download import ATTEMPTS, cached_path, download, identify
from pipeline.sources.obtain import Sums
from tests.sources.conftest import Repository
from tests.sources.server import CONTENT, Handler, answer

SECRET = "S3cr3t"


def secrets(url: str) -> list[str]:
    """URLs of files, with a secret in every part that can hold one."""
    host, _, name = url.removeprefix("http://").partition("/")
    ends = [
        f";jsessionid={SECRET}",
        *(f"?{name}={SECRET}" for name in ("token", "X-Amz-Signature", "sig", "t", "ключ")),
        f"?{SECRET}",
        f"?id=3&access_token={SECRET}&b='{SECRET} {SECRET}'",
        f"#access_token={SECRET}",
    ]
    return [f"http://{SECRET}:{SECRET}@{url.removeprefix('http://')}"] + [
        f"http://{host}/{number}/{name}{end}" for number, end in enumerate(ends)
    ]


def news(*urls: str) -> list[dict[str, Any]]:
    return [{"source": url, "format": "text"} for url in urls]


def all_files(folder: Path) -> str:
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name != "manifest.yaml"]
    return "".join(f"{path}: {path.read_bytes()!r}\n" for path in paths)


def test_nothing_that_fetch_writes_or_says_has_it(
    repository: Repository, handler: type[Handler], capsys: pytest.CaptureFixture[str]
) -> None:
    urls = secrets(handler.url)
    repository.content["news"] = news(*urls)
    repository.fetch()
    files = json.loads((repository.raw / "news" / "sources.json").read_text(encoding="utf-8"))["files"]
    assert len(files) == len(handler.paths) == len(urls)
    assert all(file["source"].startswith("http://127.0.0.1:") for file in files)
    printed = capsys.readouterr()
    assert printed.err.count("first download trusted") == len(urls)
    assert SECRET not in all_files(repository.inputs.parents[1]) + printed.out + printed.err
    for path in (repository.inputs.parent / ".downloads").glob("*a.conllu*"):
        path.write_text("another content")  # which has another sum
    for url in urls:
        repository.content["news"] = news(url)
        assert SECRET not in (message := repository.refusal()) and "sha256 is" in message


def test_the_server_is_told(handler: type[Handler], tmp_path: Path) -> None:
    headers: list[str | None] = []

    def record(asked: Handler) -> None:
        headers.append(asked.headers["Authorization"])
        answer(200, len(CONTENT), CONTENT)(asked)

    handler.tricks = [record]
    user, *_, query, _ = secrets(handler.url)
    for url in (user, query):
        assert download(url, tmp_path).name.endswith("-a.conllu")
    assert headers == [f"Basic {base64.b64encode(f'{SECRET}:{SECRET}'.encode()).decode()}"]
    assert handler.paths[1].count(SECRET) == 3


@pytest.mark.parametrize("status", [302, 404, 503])
def test_no_error_of_a_download_has_it(
    repository: Repository, handler: type[Handler], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    for url in secrets(handler.url):
        target = "ftp:" + url.removeprefix("http:").encode().decode("latin-1")
        handler.tricks = [answer(status, Location=target)] * ATTEMPTS
        repository.content["news"] = news(url)
        assert SECRET not in repository.refusal()
    assert SECRET not in capsys.readouterr().err


def test_no_error_of_a_proxy_has_it(
    handler: type[Handler], repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.content["news"] = news(handler.url)
    monkeypatch.setenv("no_proxy", "")
    for proxy in ("http://me:{}@127.0.0.1:9", "socks9://me:{}@x", "http://me:{} x@host:port", "nonsense://{}@x"):
        monkeypatch.setenv("http_proxy", proxy.format(SECRET))
        assert SECRET not in repository.refusal()


@pytest.mark.parametrize(
    "source",
    [
        "https://me:{}@/a",
        "https://me:{}/x@host/a",
        "https://me:x?{}@host/a",
        "https://me:{} x@host/a",
        "HTTPS://me:{}@host/a",
        "s3://me:{}@bucket/a?b={}",
        " https://host/a?b={}",
    ],
)
def test_no_error_of_a_manifest_has_it(repository: Repository, handler: type[Handler], source: str) -> None:
    repository.entry("udpipe")["source"] = source.format(SECRET, SECRET)
    assert SECRET not in repository.refusal()
    repository.content["udpipe"] = source.format(SECRET, SECRET)
    assert SECRET not in repository.refusal()


def test_sums_by_url(tmp_path: Path) -> None:
    """A renewed token is the same file, another query another one."""
    Sums(tmp_path).record({f"https://me:{SECRET}@host/a?id=1&token={SECRET}": "a" * 64})
    Sums(tmp_path).record({"https://host/a?id=2": "b" * 64})
    sums = Sums(tmp_path)
    assert sums.get("https://host/a?id=1&token=other") == sums.get("https://host/a?id=1#x") == "a" * 64
    assert sums.get("https://host/a?id=2") == "b" * 64 and sums.get("https://host/a?id=3") is None
    assert SECRET not in all_files(tmp_path)
    urls = ["?author=a", "?author=b", ";x/f1", ";x/f2", "", "?design=1"]
    assert len({identify(f"https://host/a{end}") for end in urls}) == len(urls)


def test_a_file_placed_by_hand_keeps_its_name(tmp_path: Path) -> None:
    plain = cached_path("https://host/a.txt", tmp_path)
    assert plain.name == f"{hashlib.sha256(b'https://host/a.txt').hexdigest()[:16]}-a.txt"
    assert cached_path(f"https://me:{SECRET}@host/a.txt", tmp_path) == plain
