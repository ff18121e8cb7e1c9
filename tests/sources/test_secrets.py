"""Users, passwords and tokens of a URL: used for the download, and written or said nowhere."""

import base64
import hashlib
import json
from pathlib import Path

import pytest

from pipeline.sources.download import cached_path, download, identify
from pipeline.sources.obtain import Sums
from tests.sources.conftest import Repository
from tests.sources.server import CONTENT, Handler

SECRET = "S3cr3t"
SUM = hashlib.sha256(CONTENT).hexdigest()


def secrets(url: str) -> list[str]:
    """The same file, by URLs with a secret in every part that can hold one."""
    host = url.removeprefix("http://")
    return [
        f"http://{SECRET}:{SECRET}@{host}",
        f"{url};jsessionid={SECRET}",
        *(f"{url}?{name}={SECRET}" for name in ("token", "X-Amz-Signature", "sig", "t", "ключ")),
        f"{url}?{SECRET}",
        f"{url}?id=3&access_token={SECRET}&b='{SECRET} {SECRET}'",
        f"{url}#access_token={SECRET}",
    ]


@pytest.fixture(params=range(10))
def url(request: pytest.FixtureRequest, handler: type[Handler]) -> str:
    return secrets(handler.url)[request.param]


def all_files(folder: Path) -> str:
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name != "manifest.yaml"]
    return "".join(f"{path}: {path.read_bytes()!r}\n" for path in paths)


def test_nothing_that_fetch_writes_or_says_has_it(
    repository: Repository,
    handler: type[Handler],
    url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(handler, "do_GET", serve)
    repository.entry("ner.wikineural.train")["source"] = url
    repository.fetch()
    shown = json.loads((repository.raw / "ner" / "wikineural" / "sources.json").read_text(encoding="utf-8"))
    assert shown["files"]["train"]["source"].startswith("http://127.0.0.1:")
    said = capsys.readouterr()
    assert "first download trusted" in said.err
    assert SECRET not in all_files(repository.inputs.parents[1]) + said.out + said.err
    for path in (repository.inputs.parent / ".downloads").glob("*a.conllu*"):
        path.write_text("another content")  # what the sum is for
    assert SECRET not in repository.refusal()


def serve(handler: Handler) -> None:
    """The content, whatever is asked for, and to whom."""
    type(handler).paths.append(handler.headers["Authorization"] or handler.path)
    handler.head(200, len(CONTENT))
    handler.wfile.write(CONTENT)


def test_the_server_is_told(handler: type[Handler], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "do_GET", serve)
    user, *_, query, _ = secrets(handler.url)
    for one in (user, query):
        assert download(one, tmp_path).name.endswith("-a.conllu")
    basic = base64.b64encode(f"{SECRET}:{SECRET}".encode()).decode()
    assert handler.paths[0] == f"Basic {basic}" and handler.paths[1].count(SECRET) == 3


def test_no_error_of_a_download_has_it(
    repository: Repository, handler: type[Handler], url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(answer: Handler) -> None:
        answer.send_response(302)
        answer.send_header("Location", "ftp:" + url.removeprefix("http:").encode().decode("latin-1"))
        answer.end_headers()

    repository.entry("ner.wikineural.train")["source"] = url
    for tricks in ([fail], [lambda answer: answer.send_error(503)] * 9, [lambda answer: answer.send_error(404)]):
        handler.tricks = [*tricks]
        assert SECRET not in repository.refusal()
    assert SECRET not in capsys.readouterr().err


def test_no_error_of_a_proxy_has_it(
    handler: type[Handler], repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.entry("ner.wikineural.train")["source"] = handler.url
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
    sums = Sums(tmp_path)
    sums.record({f"https://me:{SECRET}@host/a?id=1&token={SECRET}": "a" * 64, "https://host/a?id=2": "b" * 64})
    again = Sums(tmp_path)
    assert again.get("https://host/a?id=1&token=other") == again.get("https://host/a?id=1#x") == "a" * 64
    other = ["https://host/a?author=a", "https://host/a?author=b", "https://host/a;x/f1", "https://host/a;x/f2"]
    assert len({identify(url) for url in [*other, "https://host/a", "https://host/a?design=1"]}) == 6
    assert again.get("https://host/a?id=2") == "b" * 64 and again.get("https://host/a?id=3") is None
    assert SECRET not in all_files(tmp_path)


def test_a_file_placed_by_hand_keeps_its_name(tmp_path: Path) -> None:
    plain = cached_path("https://host/a.txt", tmp_path)
    assert plain.name == f"{hashlib.sha256(b'https://host/a.txt').hexdigest()[:16]}-a.txt"
    assert cached_path(f"https://me:{SECRET}@host/a.txt", tmp_path) == plain


@pytest.mark.parametrize("damage", ["[" * 100_000, '{"https://host/a": ' + "1" * 5000 + "}"])
def test_sums_that_no_reader_bears(repository: Repository, damage: str) -> None:
    repository.write("sums.json", damage)
    with pytest.raises(Exception, match=r"sums\.json: not valid JSON: .*take it from git again"):
        repository.fetch()
