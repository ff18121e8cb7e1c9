"""The command `embed`: all layers of the sentences of a file, from a published ELMo or from models/lm."""

import os
import shutil
import sys
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
import torch

from pipeline import cli
from pipeline.lm import export as module
from pipeline.lm.embed import Embedder
from pipeline.lm.settings import cells
from tests.lm.conftest import make_charcnn, make_vocabulary
from tests.lm.elmo import oracle
from tests.lm.elmo.drawn import OPTIONS, changed, draw, write_elmo
from tests.lm.world import run_pretrain

CPU = torch.device("cpu")
TEXT = "мама мыла раму .\n\nда\n  слово1   слово2 \n" + "очень " * 40 + "длинно\n"
SENTENCES = [["мама", "мыла", "раму", "."], [], ["да"], ["слово1", "слово2"], [*["очень"] * 40, "длинно"]]


def embed(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """The exit code of `python -m pipeline embed ...`."""
    monkeypatch.setattr(sys, "argv", ["pipeline", "embed", *map(str, arguments), "--device", "cpu"])
    with pytest.raises(SystemExit) as raised:
        cli.main()
    return int(raised.value.code or 0)


def fails(model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: bytes = b"a") -> str:
    """What the command says of a bad model or text: one line, exit code 1, and the file that was there is untouched."""
    folder = model.parent / "work"
    folder.mkdir()
    (folder / "sentences.txt").write_bytes(text)
    (folder / "out.npz").write_bytes(b"before")
    assert embed(monkeypatch, model, folder / "sentences.txt", folder / "out.npz") == 1
    message = capsys.readouterr().err
    assert message.startswith("error: ") and message.endswith("\n") and message.count("\n") == 1
    assert sorted(path.name for path in folder.iterdir()) == ["out.npz", "sentences.txt"]
    assert (folder / "out.npz").read_bytes() == b"before"
    return message


@pytest.fixture
def elmo(tmp_path: Path) -> Path:
    return write_elmo(tmp_path / "model", OPTIONS, draw(OPTIONS))


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "sentences.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_a_published_elmo(elmo: Path, text: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = elmo.parent / "new" / "out.npz"
    assert embed(monkeypatch, elmo, text, out) == 0
    found = np.load(out)
    assert sorted(found) == ["n_sentences", *(f"s{index}_layers" for index in range(5))]
    assert found["n_sentences"] == 5 and found["n_sentences"].shape == ()
    for index, sentence in enumerate(SENTENCES):
        layers = found[f"s{index}_layers"]
        assert layers.dtype == np.float32 and layers.shape == (3, len(sentence), 14)
        np.testing.assert_allclose(layers, oracle.layers(OPTIONS, draw(OPTIONS), sentence), atol=1e-5)


@pytest.mark.parametrize("cell", cells())
def test_models_lm(tmp_path: Path, cell: str, text: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_vocabulary(tmp_path / "vocabulary")
    make_charcnn(tmp_path / "charcnn")
    run_pretrain(tmp_path / "vocabulary", tmp_path / "charcnn", tmp_path / "lm", cell, epochs=0.1)
    assert embed(monkeypatch, tmp_path / "lm", text, tmp_path / "out.npz") == 0
    found, embedder = np.load(tmp_path / "out.npz"), Embedder.load(tmp_path / "lm", CPU)
    for index, sentence in enumerate(SENTENCES):
        layers = found[f"s{index}_layers"]
        assert layers.dtype == np.float32 and layers.shape == (1 if cell == "none" else 2, len(sentence), 32)
        if sentence:
            np.testing.assert_allclose(layers[-1], embedder.embed([sentence])[0], atol=1e-5)
            np.testing.assert_array_equal(layers[0, :, :16], layers[0, :, 16:])


def test_the_same_again_is_the_same_bytes_whatever_the_batches(
    tmp_path: Path, text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = changed(dim=16, projection_dim=8, filters=[[1, 8], [3, 16]])
    elmo, paths = write_elmo(tmp_path / "model", options, draw(options)), [tmp_path / f"{name}.npz" for name in "ab"]
    embed(monkeypatch, elmo, text, paths[0])
    monkeypatch.setattr(module, "POSITIONS", 1)
    monkeypatch.setattr(module, "POOL", 2)
    embed(monkeypatch, elmo, text, paths[1])
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.parametrize(
    ("data", "sentences"),
    [
        (b"\xef\xbb\xbf\xd0\xb0 b", [["а", "b"]]),
        (b"a b\r\nc\r\n", [["a", "b"], ["c"]]),
        (b"\n", [[]]),
        (b"a\xc2\xa0b c\xe2\x80\xa8d\n\n", [["a\u00a0b", "c\u2028d"], []]),
    ],
    ids=["byte order mark", "CRLF", "an empty line", "spaces of other kinds are letters"],
)
def test_what_a_sentence_is(tmp_path: Path, data: bytes, sentences: list[list[str]]) -> None:
    (tmp_path / "a.txt").write_bytes(data)
    assert module.read_sentences(tmp_path / "a.txt") == sentences


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "sentences.txt: empty; expected a sentence a line"),
        ("да\nнет".encode("cp1251"), "line 1: byte 0 (0xe4) is not UTF-8; convert the file"),
        (b"a\n\xd0", "line 2: byte 2 (0xd0) is not UTF-8"),
        (b"a b\na\tb", "line 2: found '\\t'; expected tokens separated by spaces"),
        ("да".encode("utf-16-le"), "line 1: found '\\x04'; expected tokens"),
        (b"a\0b", "line 1: found '\\x00'"),
    ],
    ids=["empty", "windows-1251", "half a letter", "tab", "UTF-16", "NUL"],
)
def test_bad_text(
    elmo: Path, data: bytes, expected: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert expected in fails(elmo, monkeypatch, capsys, data)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["char.dic", "config.json", "encoder.pkl", "token_embedder.pkl", "word.dic"], "an ELMoForManyLangs model"),
        (["config.json", "encoder.pkl"], "an ELMoForManyLangs model"),
        (["config.json", "model.safetensors", "vocab.txt"], "a Hugging Face model"),
        (["config.json", "pytorch_model-00001-of-00002.bin"], "a Hugging Face model"),
        (["assets", "saved_model.pb"], "a TensorFlow SavedModel"),
        (["checkpoint", "model.ckpt-7.index"], "a TensorFlow checkpoint"),
        (["cc.ru.300.bin"], "fastText's or word2vec's vectors"),
        (["best.pt"], "a PyTorch model"),
    ],
)
def test_a_model_of_another_kind_is_named(
    tmp_path: Path,
    files: list[str],
    expected: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """And nobody is told to make it again with this pipeline."""
    (tmp_path / "model").mkdir()
    for file in files:
        (tmp_path / "model" / file).write_text("{}")
    message = fails(tmp_path / "model", monkeypatch, capsys)
    assert f"model: looks like {expected}, which is not read; expected the folder of a published ELMo" in message
    assert "dvc repro" not in message


def test_what_is_no_model_folder_is_described(
    elmo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    weights, other = next(elmo.glob("*hdf5")), elmo.parent / "other"
    with ZipFile(elmo.parent / "199.zip", "w") as archive:
        archive.write(weights)
    other.mkdir()
    weights.rename(other / "model.hdf5")
    (elmo.parent / "empty").mkdir()
    (elmo.parent / "ru.vec").write_text("1 1")
    for model, expected in {
        "nowhere": "no such folder",
        "199.zip": "is a zip archive; unpack it and give the folder",
        "other": "found model.hdf5 in it and no options.json",
        "other/model.hdf5": "is a file and no folder",
        "empty": "found nothing in it and no options.json",
        "ru.vec": "looks like fastText's or word2vec's vectors, which is not read",
    }.items():
        advice = "expected the folder of a published ELMo, with options.json and model.hdf5 in it, or models/lm"
        assert f"{model}: {expected}; {advice}" in fails(elmo.parent / model, monkeypatch, capsys)
        shutil.rmtree((elmo.parent / model).parent / "work")


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (
            "config.json",
            "{",
            "config.json: not valid JSON: EOF while parsing an object at line 1 column 1; make",
        ),
        ("config.json", "{}", "config.json: name: missing; "),
        (
            "charcnn.json",
            "{}",
            "charcnn.json: top level: found {}: unable to extract tag using discriminator 'encoder'; make it",
        ),
        ("charcnn.json", '{"encoder": "cnn"}', "charcnn.json: cnn.embedding: missing; "),
        ("lm.safetensors", "", "lm.safetensors: cannot be read as weights"),
        ("charcnn.safetensors", None, "charcnn.safetensors: "),
    ],
)
def test_a_broken_models_lm(
    tmp_path: Path,
    name: str,
    content: str | None,
    expected: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    make_vocabulary(tmp_path / "vocabulary")
    make_charcnn(tmp_path / "charcnn")
    run_pretrain(tmp_path / "vocabulary", tmp_path / "charcnn", tmp_path / "lm", "gru", epochs=0.1)
    capsys.readouterr()
    if content is None:
        (tmp_path / "lm" / name).unlink()
    else:
        (tmp_path / "lm" / name).write_text(content)
    assert expected in fails(tmp_path / "lm", monkeypatch, capsys)


def test_a_target_that_cannot_be_written(
    elmo: Path, text: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fifo = elmo.parent / "fifo"
    os.mkfifo(fifo)
    said = {elmo: "model: is a folder", fifo: "is no regular file", text / "out.npz": "out.npz: cannot be written ("}
    for target, expected in said.items():
        assert embed(monkeypatch, elmo, text, target) == 1
        message = capsys.readouterr().err
        assert expected in message and message.count("\n") == 1


def test_no_file_of_another_kind_is_written_over(
    elmo: Path, text: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sentences and the weights that it was given, say."""
    for path in (text, next(elmo.glob("*hdf5"))):
        before = path.read_bytes()
        assert embed(monkeypatch, elmo, text, path) == 1
        assert f"error: {path}: is no .npz file and is kept as it is; " in capsys.readouterr().err
        assert path.read_bytes() == before


def test_a_device_that_is_not_there(
    elmo: Path, text: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["pipeline", "embed", str(elmo), str(text), "out.npz", "--device", "cuda:77"])
    with pytest.raises(SystemExit) as raised:
        cli.main()
    assert raised.value.code == 1 and "--device: 'cuda:77' cannot be used here (" in capsys.readouterr().err
