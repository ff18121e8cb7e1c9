"""Downloads from a server on the loopback: whole or not there, trusted on first use and verified after."""

import hashlib
import json
from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.sources.download import cached_path, download
from pipeline.work.locks import hold
from tests.sources.conftest import Repository
from tests.sources.server import CONTENT, Handler, answer


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_whole_file_once(handler: type[Handler], tmp_path: Path) -> None:
    path = download(handler.url, tmp_path)
    assert path == cached_path(handler.url, tmp_path) == download(handler.url, tmp_path)
    assert path.read_bytes() == CONTENT
    assert len(handler.paths) == 1
    assert left(tmp_path) == [path.name]


def test_placed_by_hand(tmp_path: Path) -> None:
    url = "http://127.0.0.1:9/a.conllu"
    cached_path(url, tmp_path).write_text("by hand")
    assert download(url, tmp_path).read_text() == "by hand"


def test_busy_server_is_asked_again(handler: type[Handler], tmp_path: Path) -> None:
    handler.tricks = [answer(503), answer(429)]
    assert download(handler.url, tmp_path).read_bytes() == CONTENT


def test_no_server(handler: type[Handler], tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a\.conllu: .*Connection refused; try again, or place the file") as caught:
        download("http://127.0.0.1:9/a.conllu", tmp_path)
    assert "\n" not in str(caught.value)


def test_one_process_at_a_time_clears_what_a_killed_one_has_left(handler: type[Handler], tmp_path: Path) -> None:
    name = f".{cached_path(handler.url, tmp_path).name}"
    busy = r"process \d+ on .* is downloading it \(since .*wait for it"
    with hold(tmp_path / f"{name}.lock", ""), pytest.raises(UserError, match=busy):
        download(handler.url, tmp_path)
    (tmp_path / f"{name}.partial").mkdir()
    (tmp_path / f"{name}.partial" / "tmpabc").write_text("half")
    path = download(handler.url, tmp_path)
    assert left(tmp_path) == [path.name] and path.read_bytes() == CONTENT


@pytest.fixture
def from_server(repository: Repository, handler: type[Handler]) -> Repository:
    """The WikiNEuRal training file comes from the server."""
    repository.entry("ner.wikineural.train")["source"] = handler.url
    return repository


def test_first_use_is_recorded_and_said_and_another_content_later_refused(
    from_server: Repository, handler: type[Handler], capsys: pytest.CaptureFixture[str]
) -> None:
    from_server.fetch()
    total = hashlib.sha256(CONTENT).hexdigest()
    assert json.loads((from_server.inputs / "sums.json").read_text()) == {handler.url: total}
    assert "no sha256 given, first download trusted" in capsys.readouterr().err
    from_server.fetch()
    assert "trusted" not in capsys.readouterr().err
    cached_path(handler.url, from_server.inputs.parent / ".downloads").unlink()
    handler.content = CONTENT * 2
    message = from_server.refusal()
    assert f"expected {total} (in {from_server.inputs / 'sums.json'}" in message
    assert "delete this file to download it again" in message


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        ("<<<<<<< HEAD", "not valid JSON: expected value at line 1"),
        ("[" * 100_000, "not valid JSON: "),
        ("[]", "top level: found []: "),
        ('{"https://host/a": "abc"}', "https://host/a: found 'abc': "),
        ('{"https://host/a": ' + "1" * 5000 + "}", "not valid JSON: "),
    ],
    ids=["merge", "nested", "list", "short sum", "long number"],
)
def test_damaged_sums(from_server: Repository, handler: type[Handler], damage: str, expected: str) -> None:
    path = from_server.write("sums.json", damage)
    with pytest.raises(UserError) as caught:
        from_server.fetch()
    assert str(caught.value).startswith(f"{path}: {expected}")
    assert "take it from git again" in str(caught.value) and handler.paths == []


def test_refused_download_is_not_trusted(from_server: Repository, handler: type[Handler]) -> None:
    handler.content = b"<html>Log in</html>"
    assert ":1: found 1 fields" in from_server.refusal()
    from_server.entry("ner.wikineural.train")["sha256"] = "ab" * 32
    path = cached_path(handler.url, from_server.inputs.parent / ".downloads")
    assert f"ner.wikineural.train: {path}: sha256 is " in from_server.refusal()
    path.write_bytes(CONTENT)  # which is sound, but another input is not
    from_server.entry("ner.wikineural.test")["sha256"] = from_server.entry("ner.wikineural.train").pop("sha256")
    assert "ner.wikineural.test: " in from_server.refusal()
    assert not (from_server.inputs / "sums.json").exists()


def test_downloads_are_shared_with_copies_of_the_repository(
    from_server: Repository, handler: type[Handler], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    from_server.fetch()
    assert cached_path(handler.url, tmp_path / "data" / ".downloads").is_file()
