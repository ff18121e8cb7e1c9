"""The training run: how long, how fast, and in what precision."""

from pathlib import Path

import pytest
import torch
from torch import nn

from pipeline.ids import IdSequences
from pipeline.lm.bilm import BiLM
from pipeline.lm.settings import ArchSettings, LmSettings, cells
from pipeline.lm.stack import Stack
from pipeline.lm.train import Trainer
from tests.lm.conftest import training

CELLS = [cell for cell in cells() if cell != "none"]


class RandomInputs(nn.Module):
    """A fixed random vector a type."""

    def __init__(self) -> None:
        super().__init__()
        self.table = torch.randn(60, 8, generator=torch.Generator().manual_seed(0))

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.table[ids]


def trainer(folder: Path, cell: str = "gru", **changes: object) -> Trainer:
    settings = LmSettings(hidden=16, training=training(**changes))
    torch.manual_seed(0)
    model = BiLM(ArchSettings(cell=cell, layers=2, residual=False), settings, 8, 43)
    texts = [IdSequences(folder, split) for split in ("train", "validation")]
    return Trainer(model, RandomInputs(), texts[0], texts[1], 43, settings.training, 1, torch.device("cpu"))


def test_epochs_may_be_parts(vocabulary_folder: Path) -> None:
    one = len(trainer(vocabulary_folder, epochs=1).plan)
    assert len(trainer(vocabulary_folder, epochs=0.5).plan) == round(one / 2)
    assert len(trainer(vocabulary_folder, epochs=2.5).plan) == pytest.approx(2.5 * one, abs=2)


def test_the_rate_rises_then_falls_to_a_tenth(vocabulary_folder: Path) -> None:
    run = trainer(vocabulary_folder, epochs=10, warmup=0.2, learning_rate=0.01)
    rates = []
    for _ in run.plan:
        rates.append(run.schedule.get_last_lr()[0])
        run.optimizer.step()
        run.schedule.step()
    top = round(0.2 * len(rates))
    assert rates[0] == pytest.approx(0.01 / top) and max(rates) == pytest.approx(0.01)
    assert rates[: top + 1] == sorted(rates[: top + 1]) and rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[-1] == pytest.approx(0.001, rel=0.01)


def test_the_gradient_is_clipped(vocabulary_folder: Path) -> None:
    run = trainer(vocabulary_folder, clip=1e-3)
    run._step(next(run._batches()))
    norm = torch.stack([p.grad.norm() for p in run.model.parameters() if p.grad is not None]).norm()
    assert norm.item() == pytest.approx(1e-3, rel=0.01)


def test_vectors_and_biases_do_not_decay(vocabulary_folder: Path) -> None:
    decayed, others = trainer(vocabulary_folder).optimizer.param_groups
    assert all(p.dim() == 2 for p in decayed["params"]) and all(p.dim() == 1 for p in others["params"])
    assert decayed["weight_decay"] > 0 and others["weight_decay"] == 0


@pytest.mark.parametrize("cell", CELLS)
def test_a_step_in_bfloat16_is_near_one_in_float32(vocabulary_folder: Path, cell: str) -> None:
    """As on a GPU, where autocast gives a log-softmax in float32: the sums stay in float32."""
    run = trainer(vocabulary_folder, cell)
    batch = next(run._batches())
    exact = run._losses(batch).total
    with torch.autocast("cpu", dtype=torch.bfloat16):
        losses = run.model.losses(run.inputs(batch.inputs), batch.targets, batch.mask)
        losses.total.backward()
    assert losses.total.dtype == torch.float32
    assert losses.total.item() == pytest.approx(exact.item(), rel=0.01)
    assert all(p.grad is not None and p.grad.isfinite().all() for p in run.model.directions.parameters())


@pytest.mark.parametrize("residual", [False, True])
def test_a_residual_stack_that_says_nothing_passes_its_input_on(residual: bool) -> None:
    stack = Stack(ArchSettings(cell="gru", layers=2, residual=residual), 8, 8, dropout=0.0)
    for parameter in stack.parameters():
        nn.init.zeros_(parameter)
    inputs = torch.randn(5, 3, 8)
    torch.testing.assert_close(stack(inputs), inputs if residual else torch.zeros_like(inputs))


def test_dropout_falls_between_layers_in_training_only() -> None:
    stack = Stack(ArchSettings(cell="gru", layers=2, residual=False), 8, 8, dropout=0.5)
    inputs = torch.randn(5, 3, 8)
    assert not torch.equal(stack(inputs), stack(inputs))
    stack.eval()
    torch.testing.assert_close(stack(inputs), stack(inputs))
