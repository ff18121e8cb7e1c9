"""A published ELMo in the pipeline: imported whole, or its char-CNN under an architecture trained here."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.errors import UserError
from pipeline.lm.embed import Embedder
from pipeline.lm.encoders.load import load_encoder
from tests.lm.conftest import TYPES
from tests.lm.elmo import oracle
from tests.lm.elmo.drawn import OPTIONS, Json, draw, write_elmo
from tests.lm.world import import_charcnn, run_pretrain

CPU = torch.device("cpu")
SENTENCE = ["слово1", "в", "2019", "год"]
WEIGHTS = draw(OPTIONS)


class Import:
    """A project that imports the published ELMo in the folder `raw`."""

    def __init__(self, folder: Path, vocabulary: Path, lemmas: str | None = "plain") -> None:
        self.raw, self.vocabulary = write_elmo(folder / "elmo", OPTIONS, WEIGHTS), vocabulary
        self.charcnn, self.lm = folder / "charcnn", folder / "lm"
        files: Json = {"options.json": {}} if lemmas else {}
        source = {"files": files, "lemmas": lemmas}
        (self.raw / "source.json").write_text(json.dumps(source))

    def run(self) -> None:
        import_charcnn(self.vocabulary, self.raw, self.charcnn)

    def pretrain(self, cell: str = "elmo", **changes: object) -> Embedder:
        run_pretrain(self.vocabulary, self.charcnn, self.lm, cell, **changes)
        return Embedder.load(self.lm, CPU)


@pytest.fixture
def imported(tmp_path: Path, vocabulary_folder: Path) -> Import:
    project = Import(tmp_path, vocabulary_folder)
    project.run()
    return project


def test_imported_whole_it_embeds_as_published(imported: Import) -> None:
    embedder = imported.pretrain()
    expected = oracle.layers(OPTIONS, WEIGHTS, SENTENCE)
    np.testing.assert_allclose(embedder.layers([SENTENCE])[0], expected, atol=1e-5)
    np.testing.assert_allclose(embedder.embed([SENTENCE])[0], expected[-1], atol=1e-5)
    token, top = expected[0, :, :7], expected[-1]
    np.testing.assert_allclose(embedder.states([SENTENCE])[0], np.concatenate([token, top], 1), atol=1e-5)
    assert embedder.width == 14 and embedder.widths["states"] == 7 + 14
    metrics = json.loads(imported.lm.with_suffix(".json").read_text())["lm"]
    values = [array.size for name, array in WEIGHTS.items() if name.startswith("RNN")]
    assert metrics["parameters_m"] == pytest.approx(sum(values) / 1e6, abs=1e-4) and "perplexity" not in metrics
    assert (metrics["layers"], metrics["hidden"]) == (OPTIONS["lstm"]["n_layers"], OPTIONS["lstm"]["dim"])
    assert imported.lm.with_suffix(".csv").read_text().count("\n") == 1  # a head and no points
    assert json.loads(imported.lm.with_suffix(".cost.json").read_text())["lm"] == {"device": "cpu"}


def test_its_char_cnn_alone_is_frozen_under_another_architecture(imported: Import) -> None:
    layers = imported.pretrain("gru", epochs=0.3).layers([SENTENCE])[0]
    for name in ("charcnn.safetensors", "charcnn.json"):
        assert (imported.lm / name).read_bytes() == (imported.charcnn / name).read_bytes()
    assert not (imported.lm / "elmo.safetensors").exists()
    np.testing.assert_allclose(layers[0], oracle.layers(OPTIONS, WEIGHTS, SENTENCE)[0], atol=1e-5)


def test_lemmas_as_rusvectores_writes_them(tmp_path: Path, vocabulary_folder: Path) -> None:
    project = Import(tmp_path, vocabulary_folder, "rusvectores")
    project.run()
    spelled = ["xxxx" if lemma == "2019" else lemma for lemma in SENTENCE]
    expected = oracle.layers(OPTIONS, WEIGHTS, spelled)
    np.testing.assert_allclose(project.pretrain().layers([SENTENCE])[0], expected, atol=1e-5)


def test_the_table_holds_the_vector_of_every_type_and_importing_again_gives_the_same_bytes(imported: Import) -> None:
    table = np.load(imported.charcnn / "vectors.npy")
    assert table.dtype == np.float16 and table.shape == (3 + TYPES, 7)
    for row, token in enumerate(["<S>", "</S>", "<UNK>", "слово0"]):
        ids = oracle.character_ids(token, OPTIONS)
        np.testing.assert_allclose(table[row], oracle.token_vector(OPTIONS, WEIGHTS, ids), atol=0.01)
    before = {path.name: path.read_bytes() for path in imported.charcnn.iterdir()}
    assert set(before) == {"charcnn.json", "charcnn.safetensors", "elmo.json", "elmo.safetensors", "vectors.npy"}
    imported.run()
    assert {path.name: path.read_bytes() for path in imported.charcnn.iterdir()} == before


def test_without_one_the_stage_says_what_to_run(tmp_path: Path, vocabulary_folder: Path) -> None:
    project = Import(tmp_path, vocabulary_folder, None)
    with pytest.raises(UserError, match=r"holds no published ELMo, and .* asks for one; run: dvc repro"):
        project.run()
    with pytest.raises(UserError, match=r"charcnn\.json: not found; run the stage that makes it: dvc repro charcnn"):
        project.pretrain()
    assert not project.charcnn.exists() and not project.lm.exists()


def test_bad_weights_leave_the_char_cnn_as_it_was(imported: Import) -> None:
    before = (imported.charcnn / "charcnn.safetensors").read_bytes()
    write_elmo(imported.raw, OPTIONS, WEIGHTS | {"CNN_proj/b_proj": np.full(7, 1e5, np.float32)})
    with pytest.raises(UserError, match=r"char-CNN: found 1000\d\d in a type's vector, expected at most 65504"):
        imported.run()
    weights = imported.raw / "model.hdf5"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(UserError, match=r"model\.hdf5: truncated: found [\d,]+ bytes, expected [\d,]+; get the whole"):
        imported.run()
    assert (imported.charcnn / "charcnn.safetensors").read_bytes() == before
    assert load_encoder(imported.charcnn, CPU).shape.reading.marks
