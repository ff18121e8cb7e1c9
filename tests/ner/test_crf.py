"""The CRF against the slow and obvious: all tag sequences, one by one."""

from itertools import pairwise, product

import pytest
import torch
from torch import Tensor
from torchcrf import CRF

from pipeline.ner.data.bio import bio_labels, repair
from pipeline.ner.tagging.crf import FORBIDDEN, BioCrf

LABELS = bio_labels(["PER", "LOC"])


def draw_crf(seed: int) -> BioCrf:
    """With random scores."""
    torch.manual_seed(seed)
    crf = BioCrf(LABELS)
    for parameter in crf.parameters():
        torch.nn.init.normal_(parameter)
    crf.forbid()
    return crf


@pytest.fixture
def crf() -> BioCrf:
    return draw_crf(1)


def paths(length: int) -> list[tuple[int, ...]]:
    """All legal tag sequences."""
    every = product(range(len(LABELS)), repeat=length)
    return [path for path in every if repair([LABELS[tag] for tag in path])[1:] == (0, 0)]


def path_score(crf: BioCrf, emissions: Tensor, path: tuple[int, ...]) -> Tensor:
    score = crf.start_transitions[path[0]] + crf.end_transitions[path[-1]]
    score = score + sum(emissions[time, tag] for time, tag in enumerate(path))
    return score + sum(crf.transitions[a, b] for a, b in pairwise(path))


def mask_of(lengths: list[int]) -> Tensor:
    return torch.arange(max(lengths)) < torch.tensor(lengths).unsqueeze(1)


@pytest.mark.parametrize("length", [1, 2, 4])
def test_likelihood_is_that_of_all_legal_paths(crf: BioCrf, length: int) -> None:
    emissions = torch.randn(1, length, len(LABELS))
    scores = torch.stack([path_score(crf, emissions[0], path) for path in paths(length)])
    for path in paths(length)[::7]:
        loss = crf.loss(emissions, torch.tensor([path]), mask_of([length]))
        assert torch.allclose(loss, scores.logsumexp(0) - path_score(crf, emissions[0], path), atol=1e-4)


@pytest.mark.parametrize("lengths", [[1, 9, 4, 9, 2], [1, 1]], ids=str)
@pytest.mark.parametrize("scale", [1, 50, 1000])
def test_the_loss_of_a_batch_is_the_mean_of_its_sentences(crf: BioCrf, lengths: list[int], scale: float) -> None:
    mask = mask_of(lengths)
    emissions = (scale * torch.randn(*mask.shape, len(LABELS))).requires_grad_()
    tags = torch.randint(len(LABELS), mask.shape)  # illegal moves among them
    alone = [
        crf.loss(emissions[i : i + 1, :length], tags[i : i + 1, :length], mask_of([length]))
        for i, length in enumerate(lengths)
    ]
    loss = crf.loss(emissions, tags, mask)
    assert torch.allclose(loss, torch.stack(alone).mean(), rtol=1e-5)
    (gradient,) = torch.autograd.grad(loss, emissions)
    assert gradient.isfinite().all() and (gradient[~mask] == 0).all()


def test_scores_of_tags_are_pytorch_crfs_with_their_gradients(crf: BioCrf) -> None:
    mask = mask_of([1, 9, 4]).T
    emissions = torch.randn(*mask.shape, len(LABELS), requires_grad=True)
    tags = torch.randint(len(LABELS), mask.shape)
    weights, read = torch.tensor([1.0, -2.0, 0.5]), [emissions, *crf.parameters()]
    ours, theirs = (cell._compute_score(crf, emissions, tags, mask) for cell in (BioCrf, CRF))
    assert torch.allclose(ours, theirs)
    gradients = [torch.autograd.grad((weights * scores).sum(), read) for scores in (ours, theirs)]
    assert all(torch.allclose(mine, his) for mine, his in zip(*gradients, strict=True))


def test_the_gradient_is_the_probability_of_a_label_less_the_given_ones(crf: BioCrf) -> None:
    emissions = torch.randn(1, 4, len(LABELS), dtype=torch.float64, requires_grad=True)
    crf = crf.double()
    weights = torch.stack([path_score(crf, emissions[0], path) for path in paths(4)]).softmax(0)
    labels = torch.nn.functional.one_hot(torch.tensor(paths(4)), len(LABELS)).double()  # (paths, length, labels)
    expected = (weights.view(-1, 1, 1) * labels).sum(0) - labels[5]
    (gradient,) = torch.autograd.grad(crf.loss(emissions, torch.tensor(paths(4)[5:6]), mask_of([4])), emissions)
    assert torch.allclose(gradient[0], expected)


@pytest.mark.parametrize("length", [1, 2, 4])
def test_the_best_path_is_the_best_of_all(crf: BioCrf, length: int) -> None:
    emissions = 3 * torch.randn(6, length, len(LABELS))
    best = crf.best(emissions, mask_of([length] * 6))
    for sentence, tags in zip(emissions, best.tolist(), strict=True):
        assert tuple(tags) == max(paths(length), key=lambda path: path_score(crf, sentence, path).item())


def test_the_best_paths_of_a_batch_are_those_of_pytorch_crf(crf: BioCrf) -> None:
    lengths = torch.randint(1, 12, (30,)).tolist()
    emissions, mask = 3 * torch.randn(30, max(lengths), len(LABELS)), mask_of(lengths)
    best = crf.best(emissions, mask)
    assert [best[i, :length].tolist() for i, length in enumerate(lengths)] == crf.decode(emissions, mask)


def test_illegal_moves_stay_as_they_are_in_training(crf: BioCrf) -> None:
    emissions, tags = torch.randn(4, 5, len(LABELS)), torch.zeros(4, 5, dtype=torch.int64)
    for _ in range(5):
        gradients = torch.autograd.grad(crf.loss(emissions, tags, mask_of([5, 5, 3, 1])), list(crf.parameters()))
        for parameter, gradient in zip(crf.parameters(), gradients, strict=True):
            parameter.data -= gradient + 0.1 * parameter.data  # with decay, which moves every score
    crf.loss(emissions, tags, mask_of([5, 5, 3, 1]))
    moves = (crf.transitions == FORBIDDEN).nonzero().tolist()
    assert {(LABELS[before], LABELS[after]) for before, after in moves} == {
        *((before, "I-PER") for before in ("O", "B-LOC", "I-LOC")),
        *((before, "I-LOC") for before in ("O", "B-PER", "I-PER")),
    }
    starts = (crf.start_transitions == FORBIDDEN).nonzero().flatten().tolist()
    assert [LABELS[label] for label in starts] == ["I-PER", "I-LOC"]
