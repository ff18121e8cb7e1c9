"""NaN or infinite weights, and weights that lead to such numbers, give an error of one line and no output."""

from pathlib import Path
from shutil import copytree

import pytest
import torch
from safetensors.torch import load_file, save_file

from pipeline.errors import UserError
from pipeline.files.weights import is_finite, load_module
from pipeline.lm.embed import WEIGHTS
from pipeline.lm.encoders.encoder import WEIGHTS as CHARCNN
from pipeline.lm.export import export
from pipeline.predict import load
from tests.ner.drawn import make_tagger
from tests.predict.conftest import World, sum_again

TEXT = "Анна Смирнова уехала в город Казань."


LARGE = 3e38
"""A finite float32 that is infinite when it is doubled."""


def fill(path: Path, tensor: str, value: float) -> None:
    """Fill a tensor of the file with a value."""
    state = load_file(path)
    state[tensor].fill_(value)
    save_file(state, path)


@pytest.mark.parametrize(
    ("file", "tensor", "value", "stage"),
    [
        (f"lm/{WEIGHTS}", "project.weight", float("nan"), "pretrain"),
        (f"lm/{CHARCNN}", "projection.weight", float("inf"), "charcnn"),
        ("tagger/weights.safetensors", "linear.weight", -float("inf"), "ner"),
    ],
)
def test_a_weight_that_is_no_number_is_named(copy: Path, file: str, tensor: str, value: float, stage: str) -> None:
    fill(copy / file, tensor, value)
    sum_again(copy)
    message = rf"{file}: tensor {tensor} holds NaN or infinite numbers; make it again: dvc repro {stage}"
    with pytest.raises(UserError, match=message):
        load(copy)


@pytest.mark.parametrize(
    ("file", "tensor"),
    [
        (f"lm/{WEIGHTS}", "project.weight"),
        (f"lm/{CHARCNN}", "projection.weight"),
        ("tagger/weights.safetensors", "linear.weight"),
        ("tagger/weights.safetensors", "crf.end_transitions"),
    ],
)
def test_finite_weights_that_overflow_find_no_entities(copy: Path, file: str, tensor: str) -> None:
    fill(copy / file, tensor, LARGE)
    sum_again(copy)
    with pytest.raises(UserError, match=r"language model: found NaN .*dvc repro|tagger: found a score of .*dvc repro"):
        load(copy)(TEXT)


def test_embed_writes_no_vectors_that_are_no_numbers(world: World, tmp_path: Path) -> None:
    lm = copytree(world.lm, tmp_path / "lm")
    (tmp_path / "sentences").write_text("анна уехала", encoding="utf-8")
    fill(lm / CHARCNN, "projection.weight", LARGE)
    with pytest.raises(UserError, match=r"language model: found NaN or infinite numbers in the vectors"):
        export(lm, tmp_path / "sentences", tmp_path / "out.npz", torch.device("cpu"))
    assert not (tmp_path / "out.npz").exists()


def test_a_training_that_diverged_is_not_stored(tmp_path: Path) -> None:
    tagger = make_tagger(["O", "B-X", "I-X"], 4, hidden=2)
    tagger.linear.bias.data[1] = float("nan")
    with pytest.raises(UserError, match=r"weights.safetensors: tensor linear.bias holds NaN .* diverged: lower"):
        tagger.save(tmp_path)
    assert not (tmp_path / "weights.safetensors").exists()


def test_what_the_module_holds_is_checked_and_not_the_file(tmp_path: Path) -> None:
    save_file(
        {"bias": torch.tensor([1e300], dtype=torch.double), "weight": torch.zeros(1, 1)}, tmp_path / "w.safetensors"
    )
    with pytest.raises(UserError, match=r"w.safetensors: tensor bias holds NaN or infinite"):
        load_module(lambda: torch.nn.Linear(1, 1), tmp_path / "w.safetensors", "ner")


def test_integers_and_empty_tensors_are_finite() -> None:
    for tensor in (torch.zeros(0), torch.tensor([2**40]), torch.tensor(True), torch.tensor([65504.0]).half()):
        assert is_finite(tensor)
    largest = torch.full((3,), torch.finfo(torch.float32).max)  # their sum is infinite, and they are not
    assert is_finite(largest) and not is_finite(torch.cat([largest, torch.tensor([float("nan")])]))
