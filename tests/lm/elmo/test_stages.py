"""A published ELMo in the pipeline: imported whole, or its char-CNN under an architecture trained here."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.errors import UserError
from pipeline.lm.embed import Embedder
from pipeline.lm.encoders.load import load_encoder
from tests.lm.conftest import TYPES, make_vocabulary
from tests.lm.elmo import oracle
from tests.lm.elmo.drawn import OPTIONS, draw, write_elmo
from tests.lm.world import import_charcnn, run_pretrain

CPU = torch.device("cpu")
SENTENCE = ["слово1", "в", "2019", "год"]


def import_elmo(folder: Path, lemmas: str = "plain") -> Path:
    """The folder `charcnn` of a project whose published ELMo is drawn."""
    raw = write_elmo(folder / "elmo", OPTIONS, draw(OPTIONS))
    (raw / "source.json").write_text(json.dumps({"files": {"options.json": {}}, "lemmas": lemmas}))
    make_vocabulary(folder / "vocabulary")
    import_charcnn(folder / "vocabulary", raw, folder / "charcnn")
    return folder / "charcnn"


def pretrain_elmo(folder: Path) -> Path:
    run_pretrain(folder / "vocabulary", folder / "charcnn", folder / "lm", "elmo")
    return folder / "lm"


def test_imported_whole_it_embeds_as_published(tmp_path: Path) -> None:
    import_elmo(tmp_path)
    embedder = Embedder.load(pretrain_elmo(tmp_path), CPU)
    expected = oracle.layers(OPTIONS, draw(OPTIONS), SENTENCE)
    np.testing.assert_allclose(embedder.layers([SENTENCE])[0], expected, atol=1e-5)
    np.testing.assert_allclose(embedder.embed([SENTENCE])[0], expected[-1], atol=1e-5)
    assert embedder.width == 14
    metrics = json.loads((tmp_path / "lm.json").read_text())["lm"]
    values = [array.size for name, array in draw(OPTIONS).items() if name.startswith("RNN")]
    assert metrics["parameters_m"] == pytest.approx(sum(values) / 1e6, abs=1e-4) and "perplexity" not in metrics
    assert (metrics["layers"], metrics["hidden"]) == (OPTIONS["lstm"]["n_layers"], OPTIONS["lstm"]["dim"])
    assert (tmp_path / "lm.csv").read_text().count("\n") == 1  # a head and no points
    assert json.loads((tmp_path / "lm.cost.json").read_text())["lm"] == {"device": "cpu"}


def test_its_char_cnn_alone_is_frozen_under_another_architecture(tmp_path: Path) -> None:
    folder = import_elmo(tmp_path)
    metrics = run_pretrain(tmp_path / "vocabulary", folder, tmp_path / "lm", "gru", epochs=2)
    assert metrics["perplexity"] < TYPES
    assert (tmp_path / "lm" / "charcnn.safetensors").read_bytes() == (folder / "charcnn.safetensors").read_bytes()
    assert not (tmp_path / "lm" / "elmo.safetensors").exists()
    layers = Embedder.load(tmp_path / "lm", CPU).layers([SENTENCE])[0]
    np.testing.assert_allclose(layers[0], oracle.layers(OPTIONS, draw(OPTIONS), SENTENCE)[0], atol=1e-5)


def test_the_table_holds_the_vector_of_every_type(tmp_path: Path) -> None:
    table = np.load(import_elmo(tmp_path) / "vectors.npy")
    assert table.dtype == np.float16 and table.shape == (3 + TYPES, 7)
    for row, token in enumerate(["<S>", "</S>", "<UNK>", "слово0"]):
        ids = oracle.character_ids(token, OPTIONS)
        np.testing.assert_allclose(table[row], oracle.token_vector(OPTIONS, draw(OPTIONS), ids), atol=0.01)


def test_lemmas_as_rusvectores_writes_them(tmp_path: Path) -> None:
    import_elmo(tmp_path, "rusvectores")
    layers = Embedder.load(pretrain_elmo(tmp_path), CPU).layers([SENTENCE])[0]
    spelled = ["xxxx" if lemma == "2019" else lemma for lemma in SENTENCE]
    np.testing.assert_allclose(layers, oracle.layers(OPTIONS, draw(OPTIONS), spelled), atol=1e-5)


def test_importing_again_gives_the_same_bytes(tmp_path: Path) -> None:
    folder = import_elmo(tmp_path)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    import_charcnn(tmp_path / "vocabulary", tmp_path / "elmo", folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert set(before) == {"charcnn.json", "charcnn.safetensors", "elmo.json", "elmo.safetensors", "vectors.npy"}


def test_without_one_the_stage_says_what_to_run(tmp_path: Path) -> None:
    make_vocabulary(tmp_path / "vocabulary")
    (tmp_path / "elmo").mkdir()
    (tmp_path / "elmo" / "source.json").write_text('{"files": {}, "lemmas": null}')
    with pytest.raises(UserError, match=r"holds no published ELMo, and .* asks for one; run: dvc repro"):
        import_charcnn(tmp_path / "vocabulary", tmp_path / "elmo", tmp_path / "charcnn")
    with pytest.raises(UserError, match=r"charcnn\.json: not found; run the stage that makes it: dvc repro charcnn"):
        pretrain_elmo(tmp_path)
    assert not (tmp_path / "charcnn").exists() and not (tmp_path / "lm").exists()


def test_weights_that_are_cut_leave_the_char_cnn_as_it_was(tmp_path: Path) -> None:
    folder = import_elmo(tmp_path)
    before = (folder / "charcnn.safetensors").read_bytes()
    weights = tmp_path / "elmo" / "model.hdf5"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(UserError, match=r"model\.hdf5: truncated: found [\d,]+ bytes, expected [\d,]+; get the whole"):
        import_charcnn(tmp_path / "vocabulary", tmp_path / "elmo", folder)
    assert (folder / "charcnn.safetensors").read_bytes() == before
    assert load_encoder(folder, CPU).shape.reading.marks


def test_vectors_beyond_float16_are_an_error(tmp_path: Path) -> None:
    weights = draw(OPTIONS)
    weights["CNN_proj/b_proj"] = np.full(7, 1e5, np.float32)
    write_elmo(tmp_path / "elmo", OPTIONS, weights)
    make_vocabulary(tmp_path / "vocabulary")
    (tmp_path / "elmo" / "source.json").write_text('{"files": {"options.json": {}}, "lemmas": "plain"}')
    with pytest.raises(UserError, match=r"char-CNN: found 1000\d\d in a type's vector, expected at most 65504"):
        import_charcnn(tmp_path / "vocabulary", tmp_path / "elmo", tmp_path / "charcnn")
    assert not (tmp_path / "charcnn").exists()
