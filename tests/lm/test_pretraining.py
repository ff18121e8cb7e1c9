"""The stages charcnn and pretrain on a small corpus, and the embeddings they make."""

import json
import re
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from pipeline.errors import UserError
from pipeline.lm.embed import Embedder
from pipeline.provenance.code import reached, read_sources
from tests.lm.conftest import TYPES, Trained
from tests.lm.project import ROOT, Make
from tests.lm.world import CELLS, run_pretrain

CPU = torch.device("cpu")
NEEDLESS = {"dvc", "h5py", "pandas", "razdel", "ufal", "mwxml", "mwparserfromhell", "joblib", "matplotlib", "sklearn"}
"""Packages that a machine for training may lack."""


@pytest.mark.parametrize("cell", CELLS)
def test_learns(vocabulary_folder: Path, charcnn_folder: Path, tmp_path: Path, cell: str) -> None:
    metrics = run_pretrain(vocabulary_folder, charcnn_folder, tmp_path / "lm", cell, epochs=2, learning_rate=0.06)
    # 40 equally likely types, of which nine in ten follow from their neighbour.
    assert metrics["perplexity"] < TYPES / 3 and 0 < metrics["padding_share"] < 0.2
    first, *_, last = (line.split(",") for line in (tmp_path / "lm.csv").read_text().splitlines()[1:])
    assert float(last[-1]) < 0.7 * float(first[-1])


@pytest.mark.parametrize("cell", CELLS)
def test_repeats_to_the_byte(
    vocabulary_folder: Path, charcnn_folder: Path, trained: Trained, tmp_path: Path, cell: str
) -> None:
    """What a machine changes is in the file of costs, and nowhere else."""
    run_pretrain(vocabulary_folder, charcnn_folder, tmp_path / "lm", cell, epochs=0.3)
    for name in ("lm/lm.safetensors", "lm.json", "lm.csv"):
        assert (trained(cell).parent / name).read_bytes() == (tmp_path / name).read_bytes()
    cost = json.loads((tmp_path / "lm.cost.json").read_text())
    assert cost["machine"].keys() == {"hardware", "software"}
    measured = {"device", "minutes", "cpu_minutes", "tokens_per_second", "peak_memory_mb", "starts", "processes"}
    assert cost["lm"].keys() == measured and cost["lm"]["tokens_per_second"] > 0


@pytest.mark.parametrize("from_vectors", [False, True])
def test_the_softmax_starts_from_the_vectors_of_its_words(
    vocabulary_folder: Path, charcnn_folder: Path, tmp_path: Path, from_vectors: bool
) -> None:
    still = {"learning_rate": 1e-12, "weight_decay": 0.0, "softmax_from_vectors": from_vectors}
    run_pretrain(vocabulary_folder, charcnn_folder, tmp_path / "lm", "sru", epochs=0.1, **still)
    rows = load_file(tmp_path / "lm" / "lm.safetensors")["softmax.head.weight"][:20]  # the words of the shortlist
    vectors = torch.from_numpy(np.load(charcnn_folder / "vectors.npy").astype(np.float32))[:43]  # the words predicted
    likeness = torch.cosine_similarity(rows, (vectors - vectors.mean(0))[:20]).mean()
    assert likeness > 0.999 if from_vectors else likeness < 0.5


def test_the_bare_charcnn_trains_nothing(trained: Trained, charcnn_folder: Path) -> None:
    metrics = json.loads(trained("none").with_suffix(".json").read_text())["lm"]
    assert metrics["parameters_m"] == 0 and "perplexity" not in metrics
    (vectors,) = Embedder.load(trained("none"), CPU).embed([["слово1", "слово2"]])
    table = np.load(charcnn_folder / "vectors.npy").astype(np.float32)
    np.testing.assert_allclose(vectors, np.tile(table[[4, 5]], 2), atol=2e-3)


@pytest.mark.parametrize(("learning_rate", "epochs"), [(300.0, 3), (1e30, 0.01)], ids=["many steps", "one step"])
def test_a_loss_that_explodes_is_reported(
    vocabulary_folder: Path, charcnn_folder: Path, tmp_path: Path, learning_rate: float, epochs: float
) -> None:
    changes = {"learning_rate": learning_rate, "epochs": epochs, "clip": 1e9, "warmup": 0.0}
    with pytest.raises(UserError, match=r"(loss|norm of the gradient) is \S+ at step"):
        run_pretrain(vocabulary_folder, charcnn_folder, tmp_path / "lm", "gru", **changes)
    assert not (tmp_path / "lm").exists() and not list(tmp_path.rglob(".*partial"))


def test_weights_of_another_model_are_one_line(trained: Trained, tmp_path: Path) -> None:
    lm = copytree(trained("gru"), tmp_path / "lm")
    weights = lm / "lm.safetensors"

    def refused(message: str) -> None:
        with pytest.raises(UserError, match=rf"{message}.*dvc repro pretrain"):
            Embedder.load(lm, CPU)

    weights.write_bytes((lm / "charcnn.safetensors").read_bytes())
    refused("weights of another model ")
    weights.unlink()
    weights.mkdir()
    refused(r"lm\.safetensors: is a directory; ")
    lm.rename(tmp_path / "elsewhere")
    refused("not found; run the stage that makes it: ")


def test_training_imports_no_needless_package() -> None:
    sources = read_sources()
    for path in {"pipeline/cli.py", *reached("pipeline/stages/pretrain.py", sources)}:
        packages = re.findall(r"^(?:from|import) (\w+)", sources[path].decode(), re.MULTILINE)
        assert not NEEDLESS & set(packages), path


@pytest.mark.slow
def test_a_machine_without_needless_packages_and_a_compiler_will_do(make: Make) -> None:
    script = f"""
import shutil, sys
from torch.utils import cpp_extension
def refuse(*_, **__): raise AssertionError("something is being compiled")
cpp_extension.load = cpp_extension.load_inline = refuse
assert not any(shutil.which(name) for name in ("cc", "gcc", "g++", "clang", "c++", "ninja"))
for name in {NEEDLESS}:
    sys.modules[name] = None
sys.argv = ["pipeline", "pretrain"]
from pipeline import cli
cli.main()
"""
    project = make("bare")
    environment = {"PYTHONPATH": str(ROOT), "PATH": "", "TORCH_EXTENSIONS_DIR": str(project.folder / "built")}
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=project.folder, env=environment, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert project.results() and not (project.folder / "built").exists()
