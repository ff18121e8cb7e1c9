"""The adaptive softmax against torch's, and its cross-entropy against the obvious formula."""

import pytest
import torch
from torch import Tensor

from pipeline.lm.training import softmax
from pipeline.lm.training.softmax import AdaptiveSoftmax, cross_entropy

WIDTH, TYPES = 8, 60


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(softmax, "CPU_LOGITS", 100)


def module(cutoffs: list[int]) -> AdaptiveSoftmax:
    torch.manual_seed(0)
    return AdaptiveSoftmax(WIDTH, TYPES, cutoffs, div_value=2.0)


def gradients(loss: Tensor, *parameters: Tensor) -> list[Tensor]:
    return list(torch.autograd.grad(3 * loss, parameters))


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


@pytest.mark.parametrize("rows", [0, 1, 7])
def test_cross_entropy_is_the_formula(rows: int) -> None:
    torch.manual_seed(0)
    inputs, weight = torch.randn(rows, 5, requires_grad=True), torch.randn(23, 5, requires_grad=True)
    targets = torch.randint(23, (rows,))
    loss = cross_entropy(inputs, weight, targets)
    expected = torch.nn.functional.cross_entropy(inputs @ weight.T, targets, reduction="sum")
    torch.testing.assert_close(loss, expected)
    for slope, reference in zip(gradients(loss, inputs, weight), gradients(expected, inputs, weight), strict=True):
        torch.testing.assert_close(slope, reference)


def test_huge_logits_stay_finite() -> None:
    inputs = torch.tensor([[1e4], [-1e4]], requires_grad=True)
    weight = torch.tensor([[1.0], [-1.0], [0.5]], requires_grad=True)
    loss = cross_entropy(inputs, weight, torch.tensor([0, 0]))
    assert loss.item() == pytest.approx(2e4)
    assert all(gradient.isfinite().all() for gradient in gradients(loss, inputs, weight))


def test_autocast_rounds_the_products_and_not_the_sum() -> None:
    torch.manual_seed(0)
    inputs, weight = torch.randn(50, 32, requires_grad=True), torch.randn(70, 32, requires_grad=True)
    targets = torch.randint(70, (50,))
    exact = cross_entropy(inputs, weight, targets)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rounded = cross_entropy(inputs.bfloat16(), weight, targets)
    assert rounded.dtype == torch.float32
    assert rounded.item() == pytest.approx(exact.item(), rel=0.01)
    for slope, reference in zip(gradients(rounded, inputs, weight), gradients(exact, inputs, weight), strict=True):
        torch.testing.assert_close(slope, reference, atol=0.2, rtol=0.05)
