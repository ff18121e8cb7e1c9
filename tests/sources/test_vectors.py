"""Static vectors of words among the inputs: a file or those of a package, only if asked for, and sound or refused."""

import gzip
import json
import sys
from pathlib import Path

import pytest

from tests.lm.test_vectors import MEMBERS, write_tar
from tests.sources.conftest import Repository, snapshot

TEXT = "и 0.1 0.2\nв 0.3 0.4\n".encode()
PACKED = gzip.compress(TEXT, mtime=0)
PACKAGE = {"package": "natasha", "format": "navec"}


def ask(repository: Repository, name: str, content: bytes) -> None:
    repository.write(name, content)
    repository.content["vectors"], repository.vectors = {"source": name, "format": "word2vec"}, True


@pytest.mark.parametrize(("name", "content"), [("ru.vec", TEXT), ("ru.vec.gz", PACKED)])
def test_the_file_and_what_is_recorded(repository: Repository, name: str, content: bytes) -> None:
    ask(repository, name, content)
    repository.fetch()
    folder, copied = repository.raw / "vectors", "vectors.gz" if name.endswith(".gz") else "vectors"
    assert sorted(path.name for path in folder.iterdir()) == ["source.json", copied]
    assert (folder / copied).read_bytes() == content
    facts = json.loads((folder / "source.json").read_text())
    assert (facts["file"], facts["format"], facts["source"]) == (copied, "word2vec", f"data/local/{name}")


def test_nobody_asks_for_them(repository: Repository) -> None:
    before = snapshot(repository.raw)
    repository.content["vectors"] = {"source": "not-there.vec", "format": "word2vec"}
    repository.fetch()
    assert snapshot(repository.raw) == before
    assert json.loads((repository.raw / "vectors" / "source.json").read_text()) == {"file": None, "format": None}


def test_asked_for_and_not_named(repository: Repository) -> None:
    repository.vectors = True
    assert "vectors: missing; params.yaml asks for static vectors (charcnn.source vectors)" in repository.refusal()


def test_the_file_is_read_to_its_end(repository: Repository) -> None:
    ask(repository, "ru.vec", TEXT + "с 0.5\n".encode())
    assert "vectors: " in (message := repository.refusal())
    assert "ru.vec: line 3: found 1 numbers, expected 2; " in message


@pytest.fixture
def natasha(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of this name, in place of one that may be installed; it cannot be imported."""
    package = tmp_path / "site" / "natasha"
    (package / "data" / "emb").mkdir(parents=True)
    (package / "__init__.py").write_text("raise ImportError\n")
    monkeypatch.setattr(sys, "path", [str(package.parent), *sys.path])
    return package


def test_those_that_a_package_carries(repository: Repository, natasha: Path) -> None:
    write_tar(natasha / "data" / "emb" / "navec_tiny.tar", MEMBERS)
    repository.content["vectors"], repository.vectors = PACKAGE, True
    repository.fetch()
    facts = json.loads((repository.raw / "vectors" / "source.json").read_text())
    assert (facts["file"], facts["format"], facts["source"]) == ("vectors", "navec", "navec_tiny.tar")


def test_a_package_that_is_not_installed_is_told_before_anything_is_obtained(
    repository: Repository, natasha: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Or one without the file."""
    repository.content["vectors"], repository.vectors = PACKAGE, True
    message = repository.refusal()
    assert "vectors.package: natasha is not installed; python -m pip install '.[natasha]', or name a file" in message
    assert "news.0" not in capsys.readouterr().err
