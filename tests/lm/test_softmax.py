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


def test_it_starts_from_the_vectors_of_the_words() -> None:
    ours, vectors = module([10, 30]), torch.randn(TYPES, WIDTH) @ torch.randn(WIDTH, WIDTH) + 3
    before = {name: parameter.clone() for name, parameter in ours.named_parameters()}
    ours.start_from(vectors)
    centred = (vectors - vectors.mean(0)).double()

    def check(found: torch.Tensor, expected: torch.Tensor) -> None:
        """They are equal but for a positive factor."""
        found = found.detach().double()
        factor = float((found * expected).sum() / (expected * expected).sum())
        assert factor > 0
        torch.testing.assert_close(found, factor * expected, rtol=1e-4, atol=1e-5)

    check(ours.head.weight[:10], centred[:10])
    size, expected = (
        float(head[:10].square().mean()) for head in (ours.head.weight.detach(), before["head.weight"].detach())
    )
    assert size == pytest.approx(expected, rel=0.05)
    assert torch.equal(ours.head.weight[10:], before["head.weight"][10:])  # of the clusters, which are no words
    for number, (first, last) in enumerate([(10, 30), (30, TYPES)]):
        narrow, words = (layer.get_parameter("weight") for layer in ours.tail[number].children())
        left, values, right = torch.linalg.svd(centred[first:last])
        less = len(narrow)
        nearest = left[:, :less] * values[:less] @ right[:less]  # of the matrices of that rank
        check(words @ narrow, nearest)


def test_vectors_that_are_all_alike_change_nothing() -> None:
    ours = module([10])
    before = [parameter.clone() for parameter in ours.parameters()]
    ours.start_from(torch.ones(TYPES, WIDTH))
    assert all(map(torch.equal, ours.parameters(), before))


def test_huge_logits_stay_finite() -> None:
    inputs = torch.tensor([[1e4], [-1e4]], requires_grad=True)
    weight = torch.tensor([[1.0], [-1.0], [0.5]], requires_grad=True)
    loss = cross_entropy(inputs, weight, torch.tensor([0, 0]))
    assert loss.item() == pytest.approx(2e4)
    assert all(gradient.isfinite().all() for gradient in torch.autograd.grad(loss, (inputs, weight)))
