"""The command `embed`: all layers of the sentences of a file, from a published ELMo or from models/lm."""

import os
from pathlib import Path
from shutil import copytree
from zipfile import ZipFile

import numpy as np
import pytest
import torch

from pipeline.lm import export as module
from pipeline.lm.embed import Embedder
from tests.lm.conftest import Command, Fails, Trained
from tests.lm.elmo import oracle
from tests.lm.elmo.drawn import OPTIONS, changed, draw, write_elmo

CPU = torch.device("cpu")
TEXT = "мама мыла раму .\n\nда\n  слово1   слово2 \n" + "очень " * 40 + "длинно\n"
SENTENCES = [["мама", "мыла", "раму", "."], [], ["да"], ["слово1", "слово2"], [*["очень"] * 40, "длинно"]]
ON_CPU = ("--device", "cpu")


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "sentences.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_a_published_elmo(elmo: Path, text: Path, command: Command) -> None:
    out = elmo.parent / "new" / "out.npz"
    assert command("embed", elmo, text, out, *ON_CPU)[0] == 0
    arrays = np.load(out)
    assert sorted(arrays) == ["n_sentences", *(f"s{index}_layers" for index in range(5))]
    assert arrays["n_sentences"] == 5 and arrays["n_sentences"].shape == ()
    for index, sentence in enumerate(SENTENCES):
        layers = arrays[f"s{index}_layers"]
        assert layers.dtype == np.float32 and layers.shape == (3, len(sentence), 14)
        np.testing.assert_allclose(layers, oracle.layers(OPTIONS, draw(OPTIONS), sentence), atol=1e-5)


@pytest.mark.parametrize("cell", ["none", "sru", "transformer"])
def test_models_lm(trained: Trained, tmp_path: Path, cell: str, text: Path, command: Command) -> None:
    assert command("embed", trained(cell), text, tmp_path / "out.npz", *ON_CPU)[0] == 0
    arrays, embedder = np.load(tmp_path / "out.npz"), Embedder.load(trained(cell), CPU)
    for index, sentence in enumerate(SENTENCES):
        layers = arrays[f"s{index}_layers"]
        assert layers.dtype == np.float32 and layers.shape == (1 if cell == "none" else 2, len(sentence), 32)
        if sentence:
            np.testing.assert_allclose(layers[-1], embedder.embed([sentence])[0], atol=1e-5)
            np.testing.assert_array_equal(layers[0, :, :16], layers[0, :, 16:])


def test_the_same_again_is_the_same_bytes_whatever_the_batches(
    tmp_path: Path, text: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = changed(dim=16, projection_dim=8, filters=[[1, 8], [3, 16]])
    elmo, paths = write_elmo(tmp_path / "model", options, draw(options)), [tmp_path / f"{name}.npz" for name in "ab"]
    command("embed", elmo, text, paths[0], *ON_CPU)
    monkeypatch.setattr(module, "POSITIONS", 1)
    monkeypatch.setattr(module, "POOL", 2)
    command("embed", elmo, text, paths[1], *ON_CPU)
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
def test_sentences_are_read(tmp_path: Path, data: bytes, sentences: list[list[str]]) -> None:
    (tmp_path / "a.txt").write_bytes(data)
    assert module.read_sentences(tmp_path / "a.txt") == sentences


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "sentences.txt: empty; expected a sentence a line"),
        (b"a\n\xd0", "line 2: byte 2 (0xd0) is not UTF-8; convert the file"),
        (b"a b\na\tb", "line 2: found '\\t'; expected tokens separated by spaces"),
        ("ad".encode("utf-16-le"), "line 1: found '\\x00'; expected tokens"),
    ],
    ids=["empty", "half a letter", "tab", "UTF-16"],
)
def test_bad_text(elmo: Path, data: bytes, expected: str, fails: Fails) -> None:
    assert expected in fails(elmo, data)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["config.json", "encoder.pkl"], "an ELMoForManyLangs model"),
        (["config.json", "pytorch_model-00001-of-00002.bin"], "a Hugging Face model"),
        (["config.json", "model.safetensors", "vocab.txt"], "a Hugging Face model"),
        (["assets", "saved_model.pb"], "a TensorFlow SavedModel"),
        (["checkpoint", "model.ckpt-7.index"], "a TensorFlow checkpoint"),
        (["cc.ru.300.bin"], "fastText's or word2vec's vectors"),
        (["best.pt"], "a PyTorch model"),
    ],
)
def test_a_model_of_another_kind_is_named(tmp_path: Path, files: list[str], expected: str, fails: Fails) -> None:
    """And nobody is told to make it again with this pipeline."""
    (tmp_path / "model").mkdir()
    for file in files:
        (tmp_path / "model" / file).write_text("{}")
    message = fails(tmp_path / "model")
    assert f"model: looks like {expected}, which is not read; expected the folder of a published ELMo" in message
    assert "dvc repro" not in message


def test_a_path_that_is_no_model_folder_is_described(elmo: Path, tmp_path: Path, fails: Fails) -> None:
    weights, other = next(elmo.glob("*hdf5")), tmp_path / "other"
    with ZipFile(tmp_path / "199.zip", "w") as archive:
        archive.write(weights)
    other.mkdir()
    weights.rename(other / "model.hdf5")
    (tmp_path / "empty").mkdir()
    (tmp_path / "ru.vec").write_text("1 1")
    for model, expected in {
        "nowhere": "no such folder",
        "199.zip": "is a zip archive; unpack it and give the folder",
        "other": "found model.hdf5 in it and no options.json",
        "other/model.hdf5": "is a file and no folder",
        "empty": "found nothing in it and no options.json",
        "ru.vec": "looks like fastText's or word2vec's vectors, which is not read",
    }.items():
        advice = "expected the folder of a published ELMo, with options.json and model.hdf5 in it, or models/lm"
        assert f"{model}: {expected}; {advice}" in fails(tmp_path / model)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("config.json", "{", "config.json: not valid JSON: EOF while parsing an object at line 1 column 1; make"),
        ("config.json", "{}", "config.json: name: missing; "),
        ("charcnn.json", "{}", "top level: found {}: unable to extract tag using discriminator 'encoder'; make it"),
        ("charcnn.json", '{"encoder": "cnn"}', "charcnn.json: cnn.embedding: missing; "),
        ("lm.safetensors", "", "lm.safetensors: cannot be read as weights"),
        ("charcnn.safetensors", None, "charcnn.safetensors: "),
    ],
)
def test_a_broken_models_lm(
    trained: Trained, tmp_path: Path, name: str, content: str | None, expected: str, fails: Fails
) -> None:
    lm = copytree(trained("sru"), tmp_path / "lm")
    (lm / name).unlink()
    if content is not None:
        (lm / name).write_text(content)
    assert expected in fails(lm)


def test_a_target_that_cannot_be_written(elmo: Path, text: Path, command: Command) -> None:
    """Neither is a file of another kind written over: the sentences and the weights that it was given, say."""
    fifo, weights = elmo.parent / "fifo", elmo / "model.hdf5"
    os.mkfifo(fifo)
    before = weights.read_bytes()
    for target, expected in {
        elmo: "model: is a folder",
        fifo: "is no regular file",
        text / "out.npz": "out.npz: cannot be written (",
        text: "sentences.txt: is no .npz file and is kept as it is; ",
        weights: "model.hdf5: is no .npz file and is kept as it is; ",
    }.items():
        code, message = command("embed", elmo, text, target, *ON_CPU)
        assert code == 1 and expected in message and message.count("\n") == 1
    assert text.read_text(encoding="utf-8") == TEXT and weights.read_bytes() == before


def test_a_device_that_is_not_there(elmo: Path, text: Path, command: Command) -> None:
    code, message = command("embed", elmo, text, "out.npz", "--device", "cuda:77")
    assert code == 1 and "--device: 'cuda:77' cannot be used here (" in message
