"""The adaptive softmax against torch's."""

import pytest
import torch

from pipeline.lm.training import softmax
from pipeline.lm.training.softmax import AdaptiveSoftmax, cross_entropy

WIDTH, TYPES = 8, 60


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(softmax, "CPU_LOGITS", 100)


def module(cutoffs: list[int]) -> AdaptiveSoftmax:
    torch.manual_seed(0)
    return AdaptiveSoftmax(WIDTH, TYPES, cutoffs, div_value=2.0)


@pytest.mark.parametrize("cutoffs", [[10, 30], [59], [1, 2, 3]])
@pytest.mark.parametrize("highest", [5, 60], ids=["head only", "all clusters"])
def test_loss_and_gradients_are_torchs(cutoffs: list[int], highest: int) -> None:
    ours = module(cutoffs)
    outputs = torch.randn(40, WIDTH, requires_grad=True)
    targets = torch.randint(highest, (40,)).sort().values
    loss = ours.loss(outputs, targets)
    expected = -ours(outputs, targets).output.sum()
    torch.testing.assert_close(loss, expected)
    for parameter in (outputs, *ours.parameters()):
        (slope,) = torch.autograd.grad(3 * loss, parameter, retain_graph=True)  # a cluster without targets: zeros
        (reference,) = torch.autograd.grad(3 * expected, parameter, retain_graph=True, allow_unused=True)
        torch.testing.assert_close(slope, torch.zeros_like(slope) if reference is None else reference)
    with torch.no_grad():
        torch.testing.assert_close(ours.loss(outputs, targets), expected)


def test_huge_logits_stay_finite() -> None:
    inputs = torch.tensor([[1e4], [-1e4]], requires_grad=True)
    weight = torch.tensor([[1.0], [-1.0], [0.5]], requires_grad=True)
    loss = cross_entropy(inputs, weight, torch.tensor([0, 0]))
    assert loss.item() == pytest.approx(2e4)
    assert all(gradient.isfinite().all() for gradient in torch.autograd.grad(loss, (inputs, weight)))
