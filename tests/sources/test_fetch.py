"""What fetch leaves in data/raw."""

import gzip
import hashlib
import json
import resource
import shutil
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import UserError, describe
from pipeline.files.shards import Document, read_documents
from pipeline.ner.data.dataset import read_dataset
from pipeline.paths import Paths
from pipeline.report import licences
from pipeline.sources.manifest import read_manifest
from pipeline.sources.obtain import Input, copy
from pipeline.stages import documents, fetch
from tests.params import make_params
from tests.sources.conftest import DEMO, DUMP, MODEL, MULTICONER, NEWS, WIKINEURAL, Repository, snapshot


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_news_is_numbered_in_reading_order(repository: Repository) -> None:
    news = repository.raw / "news"
    files = read(news / "sources.json")["files"]
    assert [f["file"] for f in files] == ["0000-dump.xml.bz2", "0001-news.txt", "0002-more.txt.gz"]
    assert [f["format"] for f in files] == ["mediawiki", "text", "text"]
    assert files[1]["source"] == "data/local/news.txt"
    assert files[1]["bytes"] == len(NEWS.encode()) == (news / "0001-news.txt").stat().st_size


def test_a_gzip_dump_reads_as_the_others_do(repository: Repository) -> None:
    repository.write("dump.xml.gz", gzip.compress(DUMP.encode(), mtime=0))
    repository.content["news"][1:] = [{"source": "dump.xml.gz", "format": "mediawiki"}]
    repository.fetch()
    documents.run(repository.paths, repository.params())
    first, second = read_documents(repository.paths.documents)
    assert first == Document("7", "Пожар", ["Сгорел склад."])
    assert second == first._replace(id="0001-dump:7")


def test_how_news_is_read_goes_along(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    path = repository.write("news.txt", NEWS.encode() + b"\xff \xfe\0\n")
    repository.entry("news.0")["namespaces"] = [14, 0]
    repository.entry("news.1")["invalid_utf8"] = "replace"
    repository.fetch()
    first, second, third = read(repository.raw / "news" / "sources.json")["files"]
    assert (first["namespaces"], first["invalid_utf8"]) == ([0, 14], "error")
    assert (second["invalid_utf8"], third["invalid_utf8"]) == ("replace", "error")
    warning = f"{path}: 3 characters become U+FFFD: not UTF-8, the first at byte {len(NEWS.encode())}"
    assert warning in capsys.readouterr().err


def test_set_is_what_the_corpora_stage_reads(repository: Repository) -> None:
    folder = repository.raw / "ner" / "wikineural"
    dataset = read_dataset(folder)
    assert dataset.files == {"train": "train.conll", "validation": None, "test": "test.conll.gz"}
    assert dataset.holdout == 0.5
    assert (folder / "train.conll").read_text(encoding="utf-8") == WIKINEURAL


def test_types_of_the_manifest_are_checked_and_go_along(repository: Repository) -> None:
    assert read_dataset(repository.raw / "ner" / "multiconer").types is None
    repository.entry("ner.multiconer")["types"] = ["LOC", "PER"]
    repository.fetch()
    assert read_dataset(repository.raw / "ner" / "multiconer").types == ["LOC", "PER"]
    repository.entry("ner.multiconer")["types"] = ["CITY"]
    assert "multi.conll: sentence 1: found an entity of type 'LOC', expected CITY" in repository.refusal()


def test_a_train_of_parts_is_a_file_for_each_with_its_format_and_types(repository: Repository) -> None:
    mapped = {"source": "multi.conll", "format": "multiconer", "map": {"LOC": "O", "CORP": "ORG"}}
    repository.entry("ner.wikineural").update(train=[{"source": "wiki.conllu"}, mapped], types=["ORG", "LOC"])
    repository.fetch()
    folder = repository.raw / "ner" / "wikineural"
    first = {"file": "train.0.conll", "format": "wikineural", "map": {}}
    second = {"file": "train.1.conll", "format": "multiconer", "map": {"LOC": "O", "CORP": "ORG"}}
    assert read(folder / "set.json")["files"] == {"train": [first, second], "validation": None, "test": "test.conll.gz"}
    sources = read(folder / "sources.json")["files"]
    assert {name: file["source"] for name, file in sources.items()} == {
        "train.0": "data/local/wiki.conllu",
        "train.1": "data/local/multi.conll",
        "test": "data/local/wiki.conllu.gz",
    }
    assert (folder / "train.1.conll").read_text(encoding="utf-8") == MULTICONER
    mapped["map"], repository.entry("ner.wikineural")["types"] = {"CORP": "ORG"}, ["ORG"]
    repository.entry("ner.wikineural")["train"][0]["map"] = {"LOC": "ORG"}
    message = (
        f"{repository.manifest}: ner.wikineural.train.1: {repository.inputs}/multi.conll: sentence 1: found an entity"
    )
    assert message in repository.refusal()


def test_only_the_sets_of_params_yaml_are_fetched(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    repository.sets = ["multiconer"]
    repository.entry("ner.wikineural.test")["source"] = "nowhere.conllu"
    before = snapshot(repository.raw / "ner" / "multiconer")
    repository.fetch()
    assert [path.name for path in (repository.raw / "ner").iterdir()] == ["multiconer"]
    assert snapshot(repository.raw / "ner" / "multiconer") == before
    notice = f"{repository.manifest}: ner.wikineural: left out: not one of sets in params.yaml, which are multiconer"
    assert notice in capsys.readouterr().err


def test_rerun_gives_the_same_bytes_as_copies(repository: Repository) -> None:
    before = snapshot(repository.raw)
    repository.fetch()
    assert snapshot(repository.raw) == before
    assert not any(p.is_symlink() or (p.is_file() and p.stat().st_nlink > 1) for p in repository.raw.rglob("*"))


@pytest.mark.parametrize(
    ("source", "recorded"),
    [("{}/data/more/news.txt", "news.txt"), ("~/news.txt", "news.txt"), ("../more/news.txt", "data/more/news.txt")],
)
def test_no_absolute_path_is_recorded(
    repository: Repository, source: str, recorded: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = repository.inputs.parent / "more"
    monkeypatch.setenv("HOME", str(folder))
    folder.mkdir()
    shutil.move(repository.inputs / "news.txt", folder)
    repository.entry("news.1")["source"] = source.format(tmp_path)
    repository.fetch()
    origins = [file["source"] for file in read(repository.raw / "news" / "sources.json")["files"]]
    assert origins == ["data/local/dump.xml.bz2", recorded, "data/local/more.txt.gz"]
    assert not any(str(tmp_path).encode() in (content or b"") for content in snapshot(repository.raw).values())


def test_right_sum_passes_in_capitals_too(repository: Repository) -> None:
    repository.entry("udpipe")["sha256"] = hashlib.sha256(MODEL).hexdigest().upper()
    repository.fetch()


def test_in_a_copy_inputs_come_from_the_real_repository(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = snapshot(repository.raw)
    (tmp_path / "copy" / "data" / "local").mkdir(parents=True)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    fetch.run(Paths(tmp_path / "copy"), repository.params())
    assert snapshot(tmp_path / "copy" / "data" / "raw") == before


def test_the_demo_is_in_git_and_sound(tmp_path: Path) -> None:
    shutil.copytree(DEMO, tmp_path / "data" / "demo")
    paths = Paths(tmp_path)
    fetch.run(paths, make_params({"scale": "demo", "arch": "elmo"}))
    assert (paths.news / "0000-news.xml.bz2").is_file() and (paths.elmo / "model.hdf5").is_file()
    origin = read(paths.raw_ner / "wikineural" / "sources.json")["files"]["test"]["source"]
    assert origin == "data/demo/wikineural/test.conll.gz" and origin.startswith(licences.DEMO)


@pytest.mark.parametrize("name", ["demo/manifest.yaml", "paper/manifest.yaml", "local/manifest.example.yaml"])
def test_manifests_of_the_repository_are_valid(name: str) -> None:
    read_manifest(DEMO.parent / name)


def test_full_disk_is_one_line(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(repository.raw)._replace(free=3)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    before = snapshot(repository.raw)
    with pytest.raises(UserError, match=r"no disk space left: [\d,]+ bytes needed, 3 free") as caught:
        repository.fetch()
    assert "\n" not in str(caught.value) and snapshot(repository.raw) == before


def test_disk_that_fills_up_while_copying(repository: Repository) -> None:
    repository.write("news.txt", "слово " * 100_000)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    before = snapshot(repository.raw)
    try:
        with pytest.raises(OSError) as caught:
            repository.fetch()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert str(describe(caught.value)).endswith("0001-news.txt: no space left on the device; free some and run again")
    assert snapshot(repository.raw) == before


def test_file_that_changes_while_copied(repository: Repository, tmp_path: Path) -> None:
    source = read_manifest(repository.manifest).news[1]
    file = Input(source, repository.inputs / "news.txt", {"bytes": 3, "sha256": "0" * 64})
    with pytest.raises(UserError, match=r"news\.txt: changed while"):
        copy(file, tmp_path / "copy.txt")
