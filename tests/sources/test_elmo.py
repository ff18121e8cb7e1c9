"""A published ELMo among the inputs: as an archive or two files, only if it is asked for, and sound or refused."""

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import h5py
import pytest

from demo.elmo import write_elmo
from pipeline.sources import elmo, obtain
from tests.sources.conftest import TINY, Repository, snapshot

Files = dict[str, bytes]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """The two files of a small ELMo."""
    path = tmp_path_factory.mktemp("elmo") / "elmo.zip"
    write_elmo(path, TINY)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files: Mapping[str, bytes], folder: str = "", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(folder + name, data)
    return target.getvalue()


def ask(repository: Repository, archive: bytes) -> None:
    repository.write("199.zip", archive)
    repository.content["elmo"], repository.elmo = {"source": "199.zip", "lemmas": "rusvectores"}, True


def ask_for_two(repository: Repository, files: Files) -> None:
    for name, data in files.items():
        repository.write(name, data)
    repository.content["elmo"] = {"options": {"source": "options.json"}, "weights": {"source": "model.hdf5"}}
    repository.elmo = True


def written(repository: Repository) -> Files:
    return {path.name: path.read_bytes() for path in (repository.raw / "elmo").iterdir()}


@pytest.mark.parametrize("folder", ["", "199/"])
def test_archive(repository: Repository, files: Files, folder: str) -> None:
    ask(repository, packed({"README": b"", "vocab.txt": b"<S>", "._model.hdf5": b"", **files}, folder))
    repository.fetch()
    source = json.loads(written(repository)["source.json"])
    assert {**files, "source.json": written(repository)["source.json"]} == written(repository)
    assert source["lemmas"] == "rusvectores" and set(source["files"]) == set(files)
    assert source["files"]["model.hdf5"]["bytes"] == len(files["model.hdf5"])


def test_two_files(repository: Repository, files: Files) -> None:
    ask_for_two(repository, files)
    repository.fetch()
    source = json.loads(written(repository)["source.json"])
    assert {**files, "source.json": written(repository)["source.json"]} == written(repository)
    assert source["lemmas"] == "plain" and source["files"]["options.json"]["source"] == "data/local/options.json"


def test_nobody_asks_for_it(repository: Repository) -> None:
    before = snapshot(repository.raw)
    repository.content["elmo"] = {"source": "not-there.zip"}
    repository.fetch()
    assert snapshot(repository.raw) == before
    assert json.loads(written(repository)["source.json"]) == {"files": {}, "lemmas": None}


def test_asked_for_and_not_named(repository: Repository) -> None:
    repository.elmo = True
    assert "elmo: missing; params.yaml asks for a published ELMo (arch elmo, or charcnn.source" in repository.refusal()


def test_a_download_is_trusted_at_first(repository: Repository, files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(repository, packed(files))
    monkeypatch.setattr(obtain, "download", lambda url, folder: repository.inputs / "199.zip")
    url = repository.content["elmo"]["source"] = "https://host/199.zip"
    repository.fetch()
    assert set(json.loads((repository.inputs / "sums.json").read_text())) == {url}
    ask(repository, packed(files, method=zipfile.ZIP_STORED))
    repository.content["elmo"]["source"] = url
    assert "199.zip: sha256 is " in repository.refusal()


def spoiled(files: Files, name: str, edit: Callable[[bytes], bytes]) -> Files:
    return {**files, name: edit(files[name])}


ARCHIVES: dict[str, tuple[Callable[[Files], bytes], str]] = {
    "not a zip": (
        lambda files: files["model.hdf5"],
        "199.zip: cannot be unpacked (File is not a zip file), expected a",
    ),
    "cut": (lambda files: packed(files)[:-100], "199.zip: cannot be unpacked ("),
    "spoiled": (
        lambda files: packed(files, method=zipfile.ZIP_STORED).replace(files["model.hdf5"][-99:], bytes(99)),
        "199.zip: cannot be unpacked (Bad CRC-32 for file 'model.hdf5')",
    ),
    "no weights": (
        lambda files: packed({"options.json": files["options.json"]}),
        "199.zip: found none, expected one model.hdf5 or one file whose name ends in .hdf5",
    ),
    "two options": (
        lambda files: packed({**files, "a/options.json": b"", "b/options.json": b""}),
        "199.zip: found a/options.json, b/options.json, options.json, expected one options.json",
    ),
    "bad options": (
        lambda files: packed(spoiled(files, "options.json", lambda data: data[:99])),
        "199.zip: options.json: not valid JSON: EOF",
    ),
    "cut weights": (
        lambda files: packed(spoiled(files, "model.hdf5", lambda data: data[:-99])),
        "199.zip: model.hdf5: truncated: found ",
    ),
}


@pytest.mark.parametrize("fault", ARCHIVES)
def test_bad_archive(repository: Repository, files: Files, fault: str) -> None:
    spoil, expected = ARCHIVES[fault]
    ask(repository, spoil(files))
    message = repository.refusal()
    assert f": elmo: {repository.inputs / expected}" in message


def test_files_that_contradict_each_other(repository: Repository, files: Files) -> None:
    ask_for_two(repository, spoiled(files, "options.json", lambda data: data.replace(b'"dim": 64', b'"dim": 32')))
    message = repository.refusal()
    assert f": elmo.weights: {repository.inputs / 'model.hdf5'}: " in message
    assert "W_P_0: found a projection, expected none" in message


MANIFESTS = {
    "none": ({"lemmas": "plain"}, "elmo: found {'lemmas': 'plain'}: expected either source, a zip archive, or both"),
    "one of two": ({"options": {"source": "a"}}, "expected either source, a zip archive, or both options and weights"),
    "all": ({"source": "a", "options": {"source": "a"}, "weights": {"source": "a"}}, "expected either source, a zip"),
    "sum": (
        {"options": {"source": "a"}, "weights": {"source": "a"}, "sha256": "0" * 64},
        "sha256 goes with source; options and weights have their own",
    ),
    "conventions": ({"source": "a", "lemmas": "taiga"}, "elmo.lemmas: found 'taiga': input should be 'plain' or"),
    "key": ({"url": "a"}, "elmo.url: unknown key; valid keys here: source, sha256, options, weights, lemmas"),
    "key of a file": ({"options": {"sources": "a"}}, "elmo.options.sources: unknown key; valid keys here: source, sha"),
    "scheme": ({"source": "s3://bucket/199.zip"}, "elmo.source: found 's3://bucket/199.zip'; expected http://"),
    "missing": ({"source": "not-there.zip"}, "elmo: not-there.zip: not found (looked for "),
}


@pytest.mark.parametrize("fault", MANIFESTS)
def test_bad_entry(repository: Repository, fault: str) -> None:
    repository.content["elmo"], expected = MANIFESTS[fault]
    repository.elmo = True
    assert expected in repository.refusal()


def test_paths_are_looked_for_before_anything_is_obtained(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.content["elmo"], repository.elmo = {"source": "not-there.zip"}, True
    repository.refusal()
    assert "news.0" not in capsys.readouterr().err


def test_archive_writes_nothing_outside(repository: Repository, files: Files, tmp_path: Path) -> None:
    """Absolute paths, paths upwards and links are names of members like any other."""
    link = zipfile.ZipInfo("link/model.hdf5.txt")
    link.external_attr = 0o120777 << 16
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(link, str(tmp_path / "outside"))
        archive.writestr("../../../../outside", b"x")
        archive.writestr(str(tmp_path / "outside"), b"x")
        archive.writestr("../../options.json", files["options.json"])
        archive.writestr(str(tmp_path / "model.hdf5"), files["model.hdf5"])
    before = {path for path in tmp_path.rglob("*") if repository.raw not in path.parents}
    ask(repository, data.getvalue())
    repository.fetch()
    assert written(repository)["model.hdf5"] == files["model.hdf5"]
    new = {path for path in tmp_path.rglob("*") if repository.raw not in path.parents} - before
    assert {path.name for path in new} == {"199.zip"}


def test_link_in_place_of_a_file(repository: Repository, files: Files) -> None:
    """Its target is text in the archive, and read as such."""
    link = zipfile.ZipInfo("options.json")
    link.external_attr = 0o120777 << 16
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(link, "/etc/hosts")
        archive.writestr("model.hdf5", files["model.hdf5"])
    ask(repository, data.getvalue())
    assert "199.zip: options.json: not valid JSON" in repository.refusal()


@pytest.mark.parametrize("name", ["options.json", "model.hdf5"])
def test_archive_that_unpacks_to_more_than_a_model(
    repository: Repository, files: Files, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elmo, "WIDEST", 4)
    monkeypatch.setattr(elmo, "SPARE_BYTES", 1_000_000)
    ask(repository, packed(spoiled(files, name, lambda data: data + bytes(2_000_000))))
    message = repository.refusal()
    assert f"199.zip: {name}: " in message and "bytes unpacked, expected at most " in message


def test_archive_that_states_too_small_a_size(repository: Repository, files: Files) -> None:
    """What is beyond the stated size is never unpacked."""
    bomb = packed({**files, "model.hdf5": files["model.hdf5"] + bytes(20_000_000)})
    size = len(files["model.hdf5"])
    ask(repository, bomb.replace((size + 20_000_000).to_bytes(4, "little"), size.to_bytes(4, "little")))
    assert "199.zip: cannot be unpacked (Bad CRC-32 for file 'model.hdf5')" in repository.refusal()


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_broken_archive_of_another_method(repository: Repository, files: Files, method: int) -> None:
    sound = packed(files, method=method)
    ask(repository, sound[:2000] + bytes(500) + sound[2500:])
    assert "199.zip: cannot be " in repository.refusal()


@pytest.mark.parametrize("how", ["link", "external", "virtual"])
def test_weights_that_are_other_files_bytes(repository: Repository, files: Files, how: str) -> None:
    ask_for_two(repository, files)
    shape, other = (261, 4), repository.write("other.h5", files["model.hdf5"])
    with h5py.File(repository.inputs / "model.hdf5", "r+") as file:
        shape = file["char_embed"].shape
        del file["char_embed"]
        if how == "link":
            file["char_embed"] = h5py.ExternalLink(str(other), "char_embed")
        elif how == "external":
            zeros = repository.write("zeros", bytes(4 * shape[0] * shape[1]))
            file.create_dataset("char_embed", shape, "f4", external=[(str(zeros), 0, h5py.h5f.UNLIMITED)])
        else:
            layout = h5py.VirtualLayout(shape, "f4")
            layout[...] = h5py.VirtualSource(str(other), "char_embed", shape)
            file.create_virtual_dataset("char_embed", layout)
    assert "model.hdf5: char_embed: lies in another file" in repository.refusal()
