"""A published ELMo among the inputs: as an archive or two files, only if it is asked for, and sound or refused."""

import io
import json
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import h5py
import pytest

from pipeline.sources import elmo, obtain
from tests.sources.conftest import DEMO, Repository, snapshot

Files = dict[str, bytes]


@pytest.fixture(scope="module")
def files() -> Files:
    """The two files of a small ELMo."""
    with zipfile.ZipFile(DEMO / "elmo.zip") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(members: Iterable[tuple[str | zipfile.ZipInfo, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return target.getvalue()


def link(name: str) -> zipfile.ZipInfo:
    """A member that is a symbolic link."""
    member = zipfile.ZipInfo(name)
    member.external_attr = 0o120777 << 16
    return member


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


@pytest.mark.parametrize("folder", ["", "199/", None], ids=["archive", "folder in an archive", "two files"])
def test_files_and_what_is_recorded(repository: Repository, files: Files, folder: str | None) -> None:
    if folder is None:
        ask_for_two(repository, files)
    else:
        others = {"README": b"", "vocab.txt": b"<S>", "._model.hdf5": b""}
        ask(repository, packed((folder + name, data) for name, data in {**others, **files}.items()))
    repository.fetch()
    content = written(repository)
    facts = json.loads(content.pop("source.json"))
    assert content == files
    assert set(facts["files"]) == set(files)
    assert facts["files"]["model.hdf5"]["bytes"] == len(files["model.hdf5"])
    source, lemmas = ("options.json", "plain") if folder is None else ("199.zip", "rusvectores")
    assert facts["files"]["options.json"]["source"] == f"data/local/{source}" and facts["lemmas"] == lemmas


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
    monkeypatch.setattr(obtain, "download", lambda url, folder: repository.inputs / "199.zip")
    ask(repository, packed(files.items()))
    url = repository.content["elmo"]["source"] = "https://host/199.zip"
    repository.fetch()
    assert set(json.loads((repository.inputs / "sums.json").read_text())) == {url}
    repository.write("199.zip", packed(files.items(), zipfile.ZIP_STORED))
    assert "199.zip: sha256 is " in repository.refusal()


def spoiled(files: Files, name: str, edit: Callable[[bytes], bytes]) -> Files:
    return {**files, name: edit(files[name])}


def understated(files: Files) -> bytes:
    """An archive that states too small a size: what lies beyond it is never unpacked."""
    size, more = len(files["model.hdf5"]), 2_000_000
    archive = packed(spoiled(files, "model.hdf5", lambda data: data + bytes(more)).items())
    return archive.replace((size + more).to_bytes(4, "little"), size.to_bytes(4, "little"))


def holed(archive: bytes, start: int = 2000) -> bytes:
    return archive[:start] + bytes(500) + archive[start + 500 :]


ARCHIVES: dict[str, tuple[Callable[[Files], bytes], str]] = {
    "not a zip": (lambda files: files["model.hdf5"], "cannot be unpacked (File is not a zip file), expected a"),
    "cut": (lambda files: packed(files.items())[:-100], "cannot be unpacked ("),
    "spoiled": (lambda files: holed(packed(files.items()), 42), "cannot be unpacked (Error -3 "),
    "encrypted": (
        lambda files: packed(files.items()).replace(b"\x14\3\x14\0\0", b"\x14\3\x14\0\1"),
        "cannot be unpacked",
    ),
    "spoiled bzip2": (lambda files: holed(packed(files.items(), zipfile.ZIP_BZIP2)), "cannot be "),
    "spoiled lzma": (lambda files: holed(packed(files.items(), zipfile.ZIP_LZMA)), "cannot be "),
    "understated": (understated, "cannot be unpacked (Bad CRC-32 for file 'model.hdf5')"),
    "no weights": (
        lambda files: packed([("options.json", files["options.json"])]),
        "found none, expected one model.hdf5 or one file whose name ends in .hdf5",
    ),
    "two options": (
        lambda files: packed({**files, "a/options.json": b"", "b/options.json": b""}.items()),
        "found a/options.json, b/options.json, options.json, expected one options.json",
    ),
    "bad options": (
        lambda files: packed(spoiled(files, "options.json", lambda data: data[:99]).items()),
        "options.json: not valid JSON: EOF",
    ),
    "link": (
        lambda files: packed([(link("options.json"), b"/etc/hosts"), ("model.hdf5", files["model.hdf5"])]),
        "options.json: not valid JSON",
    ),
    "cut weights": (
        lambda files: packed(spoiled(files, "model.hdf5", lambda data: data[:-99]).items()),
        "model.hdf5: truncated: found ",
    ),
}


@pytest.mark.parametrize("fault", ARCHIVES)
def test_bad_archive(repository: Repository, files: Files, fault: str) -> None:
    spoil, expected = ARCHIVES[fault]
    ask(repository, spoil(files))
    assert f": elmo: {repository.inputs / '199.zip'}: {expected}" in repository.refusal()


@pytest.mark.parametrize("name", ["options.json", "model.hdf5"])
def test_archive_that_unpacks_to_more_than_a_model(
    repository: Repository, files: Files, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elmo, "WIDEST", 4)
    monkeypatch.setattr(elmo, "SPARE_BYTES", 1_000_000)
    ask(repository, packed(spoiled(files, name, lambda data: data + bytes(2_000_000)).items()))
    message = repository.refusal()
    assert f"199.zip: {name}: " in message and "bytes unpacked, expected at most " in message


def test_archive_writes_nothing_outside(repository: Repository, files: Files, tmp_path: Path) -> None:
    """Absolute paths, paths upwards and links are names of members like any other."""
    outside = str(tmp_path / "outside")
    members = [("../../../../outside", b"x"), (outside, b"x"), ("../../options.json", files["options.json"])]
    members += [(str(tmp_path / "model.hdf5"), files["model.hdf5"])]
    ask(repository, packed([(link("link/model.hdf5.txt"), outside.encode()), *members]))
    before = {path for path in tmp_path.rglob("*") if repository.raw not in path.parents}
    repository.fetch()
    assert written(repository)["model.hdf5"] == files["model.hdf5"]
    assert before == {path for path in tmp_path.rglob("*") if repository.raw not in path.parents}


def test_files_that_contradict_each_other(repository: Repository, files: Files) -> None:
    ask_for_two(repository, spoiled(files, "options.json", lambda data: data.replace(b'"dim": 64', b'"dim": 32')))
    expected = f": elmo.weights: {repository.inputs / 'model.hdf5'}: "
    assert expected in (message := repository.refusal()) and "W_P_0: found a projection, expected none" in message


@pytest.mark.parametrize("kind", ["link", "external", "virtual"])
def test_weights_that_are_other_files_bytes(repository: Repository, files: Files, kind: str) -> None:
    ask_for_two(repository, files)
    other = repository.write("other.h5", files["model.hdf5"])
    with h5py.File(repository.inputs / "model.hdf5", "r+") as file:
        shape = file["char_embed"].shape
        del file["char_embed"]
        if kind == "link":
            file["char_embed"] = h5py.ExternalLink(str(other), "char_embed")
        elif kind == "external":
            zeros = repository.write("zeros", bytes(4 * shape[0] * shape[1]))
            file.create_dataset("char_embed", shape, "f4", external=[(str(zeros), 0, h5py.h5f.UNLIMITED)])
        else:
            layout = h5py.VirtualLayout(shape, "f4")
            layout[...] = h5py.VirtualSource(str(other), "char_embed", shape)
            file.create_virtual_dataset("char_embed", layout)
    assert "model.hdf5: char_embed: lies in another file" in repository.refusal()
