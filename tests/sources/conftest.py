"""A scratch repository with tiny good inputs, already fetched once, for tests that then spoil something."""

import bz2
import copy
import gzip
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from pipeline.errors import UserError
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.sources import verify
from pipeline.stages import fetch
from tests.params import make_params
from tests.sources.server import Handler, serving

DEMO = Path(__file__).parents[2] / "data" / "demo"
MODEL = (DEMO / "model.udpipe").read_bytes()
DUMP = """<mediawiki xml:lang="ru"><siteinfo/>
<page><title>Пожар</title><ns>0</ns><id>7</id><revision><id>1</id><text>Сгорел склад.</text></revision></page>
</mediawiki>
"""
NEWS = "В Москве прошёл дождь.\nЗавтра будет сухо.\n\nВ Туле открыли мост.\n"
WIKINEURAL = "0\tМосква\tB-LOC\n1\tспит\tO\n\n0\tПривет\tO\n\n"
MULTICONER = "# id 11b11e4f\tdomain=train\nмосква _ _ B-LOC\nспит _ _ O\n\n"
FILES = {
    "dump.xml.bz2": bz2.compress(DUMP.encode()),
    "news.txt": NEWS.encode(),
    "more.txt.gz": gzip.compress(NEWS.encode(), mtime=0),
    "tiny.udpipe": MODEL,
    "wiki.conllu": WIKINEURAL.encode(),
    "wiki.conllu.gz": gzip.compress(WIKINEURAL.encode(), mtime=0),
    "multi.conll": MULTICONER.encode(),
}
"""The files that the manifest names."""
MANIFEST: dict[str, Any] = {
    "news": [
        {"source": "dump.xml.bz2", "format": "mediawiki"},
        {"source": "news.txt", "format": "text"},
        {"source": "more.txt.gz", "format": "text"},
    ],
    "udpipe": {"source": "tiny.udpipe"},
    "ner": {
        "wikineural": {
            "format": "wikineural",
            "train": {"source": "wiki.conllu"},
            "validation": {"holdout": 0.5},
            "test": {"source": "wiki.conllu.gz"},
        },
        "multiconer": {
            "format": "multiconer",
            "train": {"source": "multi.conll"},
            "validation": {"source": "multi.conll"},
            "test": {"source": "multi.conll"},
        },
    },
}


class Repository:
    """The scratch repository. `inputs` is data/local, `raw` the stage's output."""

    def __init__(self, root: Path) -> None:
        self.paths = Paths(root)
        self.raw, self.manifest = self.paths.raw, self.paths.manifest("local")
        self.inputs = self.manifest.parent
        self.content: dict[str, Any] = copy.deepcopy(MANIFEST)
        self.elmo = self.vectors = False
        self.sets = [*MANIFEST["ner"]]

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.inputs / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def entry(self, key: str) -> dict[str, Any]:
        """The block of the manifest at a dotted key."""
        block: Any = self.content
        for part in key.split("."):
            block = block[int(part) if part.isdigit() else part]
        return block

    def fetch(self) -> None:
        self.write("manifest.yaml", yaml.safe_dump(self.content))
        fetch.run(self.paths, self.params())

    def params(self) -> Params:
        return choose_params("elmo" if self.elmo else "lstm", "vectors" if self.vectors else "train", *self.sets)

    def refusal(self) -> str:
        """The message of a fetch that must fail, in one line and without a change in data/raw."""
        before = snapshot(self.raw)
        with pytest.raises(UserError) as caught:
            self.fetch()
        assert snapshot(self.raw) == before
        message = str(caught.value)
        assert message.isprintable() and len(message) <= 1000
        assert str(self.manifest) in message
        return message


@cache
def choose_params(arch: str, source: str, *sets: str) -> Params:
    """Read once: reading takes longer than the stage does in most tests."""
    return make_params({"scale": "local", "arch": arch, "charcnn.source": source, "sets": list(sets)})


def snapshot(folder: Path) -> dict[str, bytes | None]:
    """Every path below a folder, hidden ones too, with its bytes."""
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else None for p in folder.rglob("*")}


@pytest.fixture(scope="session")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("fetched")
    repository = Repository(root)
    repository.inputs.mkdir(parents=True)
    for name, content in FILES.items():
        repository.write(name, content)
    repository.fetch()
    return root


@pytest.fixture
def repository(tmp_path: Path, fetched: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A fresh repository with a good data/raw; the good UDPipe model, tried once, is not tried again in a process."""
    monkeypatch.delenv("DVC_ROOT", raising=False)
    check = verify.check_udpipe
    monkeypatch.setattr(verify, "check_udpipe", lambda path: None if path.read_bytes() == MODEL else check(path))
    shutil.copytree(fetched, tmp_path, dirs_exist_ok=True)
    return Repository(tmp_path)


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Handler]]:
    """A server for this test alone; downloads try again at once, and use no proxy."""
    monkeypatch.setattr("pooch.core.time", SimpleNamespace(sleep=lambda seconds: None))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with serving() as served:
        yield served
