"""The training run: how long, how fast, and in what precision."""

import time
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import torch
from torch import nn

from pipeline.errors import UserError
from pipeline.files.ids import IdSequences
from pipeline.lm.bilm import BiLM
from pipeline.lm.settings import LmSettings
from pipeline.lm.stack import Stack
from pipeline.lm.training.train import Trainer
from pipeline.work.checkpoint import Checkpoint
from pipeline.work.interruption import StopRequest
from tests.lm.project import training
from tests.lm.world import CELLS, arch_of


class RandomInputs(nn.Module):
    """A fixed random vector a type."""

    def __init__(self) -> None:
        super().__init__()
        self.table = torch.randn(60, 8, generator=torch.Generator().manual_seed(0))

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.table[ids]


def trainer(folder: Path, cell: str = "gru", **changes: object) -> Trainer:
    settings = LmSettings(hidden=16, softmax_from_vectors=False, training=training(**changes))
    torch.manual_seed(0)
    model = BiLM(arch_of(cell), settings, 8, 43)
    texts = [IdSequences(folder, split, 2**31) for split in ("train", "validation")]
    return Trainer(model, RandomInputs(), texts[0], texts[1], 43, settings.training, 1, torch.device("cpu"))


def test_the_gradient_is_clipped_and_the_rate_is_the_plans(vocabulary_folder: Path) -> None:
    run = trainer(vocabulary_folder, clip=1e-3)
    run.step(StopRequest())
    norm = torch.stack([p.grad.norm() for p in run.parameters if p.grad is not None]).norm()
    assert norm.item() == pytest.approx(1e-3, rel=0.01)
    assert {group["lr"] for group in run.optimizer.param_groups} == {run.plan.rate(0)}


def test_a_gradient_that_is_no_number_makes_no_step(vocabulary_folder: Path) -> None:
    run = trainer(vocabulary_folder)
    run.parameters[0].register_hook(lambda gradient: gradient * torch.nan)
    with pytest.raises(UserError, match="training: the norm of the gradient is nan at step 1 of"):
        run.step(StopRequest())
    assert not run.optimizer.state and not run.history.step


def test_saving_is_no_time_of_training(vocabulary_folder: Path) -> None:
    run, slow = trainer(vocabulary_folder), 0.2
    saved = []

    class Slow:
        def due(self) -> bool:
            return True

        def save(self, state: object) -> None:
            saved.append(state)
            end = time.process_time() + slow
            while time.process_time() < end:
                pass

    run.step(StopRequest())
    run.checkpoint = cast(Checkpoint, Slow())
    before = run.history.cpu_seconds
    run.step(StopRequest())
    assert len(saved) == 1 and run.history.cpu_seconds - before < slow


def test_vectors_and_biases_do_not_decay(vocabulary_folder: Path) -> None:
    decayed, others = trainer(vocabulary_folder).optimizer.param_groups
    assert all(p.dim() == 2 for p in decayed["params"]) and all(p.dim() == 1 for p in others["params"])
    assert decayed["weight_decay"] > 0 and others["weight_decay"] == 0


def test_accumulated_parts_are_the_whole_step(vocabulary_folder: Path) -> None:
    """500 parts are more than a step has texts."""
    whole, *divided = (trainer(vocabulary_folder, accumulation=number, epochs=0.08).run() for number in (1, 3, 500))
    for history in divided:
        assert history.points[-1].tokens == whole.points[-1].tokens
        for point, expected in zip(history.points, whole.points, strict=True):
            assert point.train_perplexity == pytest.approx(expected.train_perplexity, rel=1e-4)
            assert point.validation_perplexity == pytest.approx(expected.validation_perplexity, rel=1e-4)


def test_validation_is_the_mean_over_all_tokens_both_ways(vocabulary_folder: Path) -> None:
    run = trainer(vocabulary_folder)
    texts = run.validation_texts
    with torch.no_grad():
        alone = [run.objective.eval()(run._batch(texts, np.array([i]))).item() for i in range(len(texts))]
    assert run.validation_loss() == pytest.approx(sum(alone) / (2 * texts.lengths.sum()), rel=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_a_step_in_bfloat16_is_near_one_in_float32(vocabulary_folder: Path, cell: str) -> None:
    """As on a GPU, where autocast gives a log-softmax in float32: the sums stay in float32."""
    run = trainer(vocabulary_folder, cell)
    batch = run._batch(run.train_texts, run.plan.steps[0])
    exact = run.objective(batch)
    # oneDNN has no bfloat16 LSTM for many a CPU, and torch's own is for all.
    with torch.backends.mkldnn.flags(enabled=False), torch.autocast("cpu", dtype=torch.bfloat16):
        rounded = run.objective(batch)
        rounded.backward()
    assert rounded.dtype == torch.float32
    assert rounded.item() == pytest.approx(exact.item(), rel=0.01)
    assert all(p.grad is not None and p.grad.isfinite().all() for p in run.objective.parameters())


@pytest.mark.parametrize(("residual", "hidden"), [(False, 8), (True, 8), (True, 12)])
def test_a_residual_stack_whose_layers_give_zero_passes_its_input_on(residual: bool, hidden: int) -> None:
    """A wider one by a matrix, as in the paper's first layer, 512 to 1024."""
    stack = Stack(arch_of("lstm", residual=residual), 8, hidden, dropout=0.0)
    for parameter in stack.layers.parameters():
        nn.init.zeros_(parameter)
    inputs = torch.randn(5, 3, 8)
    (widening,) = stack.shortcuts.parameters() if hidden > 8 else (torch.eye(8),)
    torch.testing.assert_close(stack(inputs), (inputs if residual else torch.zeros_like(inputs)) @ widening.T)


@pytest.mark.parametrize("cell", CELLS)
def test_a_run_taken_up_again_is_the_same_to_the_bit(vocabulary_folder: Path, cell: str) -> None:
    """Whatever a cell holds is in the state, and whatever it draws is drawn from the part's seed."""
    run, other = (trainer(vocabulary_folder, cell, dropout=0.2) for _ in range(2))
    for _ in range(2):
        run.step(StopRequest())
    tensors, facts = run._state()
    other._restore({name: tensor.clone() for name, tensor in tensors.items()}, facts)
    for _ in range(2):
        assert other.step(StopRequest()) == run.step(StopRequest())


def test_dropout_falls_between_layers_in_training_only() -> None:
    stack = Stack(arch_of("gru"), 8, 8, dropout=0.5)
    inputs = torch.randn(5, 3, 8)
    assert not torch.equal(stack(inputs), stack(inputs))
    stack.eval()
    torch.testing.assert_close(stack(inputs), stack(inputs))
