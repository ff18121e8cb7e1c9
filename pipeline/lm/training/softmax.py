"""The adaptive softmax (Grave et al. 2017), with a cross-entropy that never holds all logits.

Frequent types are predicted by a head, rarer ones in clusters of narrower vectors, so that most predictions cost a
product with the head alone. The distribution is exact over the whole vocabulary (equation 9): its likelihood is that
of a full softmax.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

CPU_LOGITS, GPU_LOGITS = 2**19, 2**26
"""Logits held at once: as many as stay in a processor's cache, and as many as fill a GPU."""


class AdaptiveSoftmax(nn.AdaptiveLogSoftmaxWithLoss):
    """torch's parameters and distribution; the loss is a sum, of targets in rising order.

    Since targets are sorted, every cluster is a run of rows: nothing is searched for on the device or waited for.
    """

    @torch.no_grad()
    def start_from(self, vectors: Tensor) -> None:
        """Replace the random weights of words by the words' input vectors, float32 (types, width), before training.

        Input and output then begin with one notion of which words are alike, as where they are tied for good (Press and
        Wolf 2017), and stay free to part. The mean vector is taken off, and the size is that of the random weights. A
        cluster, which is narrower, gets the principal components of its words. If all are alike, nothing changes.
        """
        vectors = vectors - vectors.mean(0)
        _spread(self.head.weight[: self.shortlist_size], vectors[: self.shortlist_size])
        for cluster, first, last in zip(self.tail, self.cutoffs, self.cutoffs[1:], strict=False):
            narrow, words = (layer.get_parameter("weight") for layer in cluster.children())
            rows = vectors[first:last].double()  # (words, width)
            components = torch.linalg.eigh(rows.T @ rows).eigenvectors.flip(1)[:, : len(narrow)]  # (width, less)
            if _spread(words, (rows @ components).float()):
                narrow.copy_(components.T)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Sum of -log p(target) in nats, a float32 scalar.

        `outputs` is (predictions, width); `targets`, int64 (predictions,), rise and are on the CPU.
        """
        cutoffs = torch.tensor(self.cutoffs)
        clusters = torch.searchsorted(cutoffs, targets, right=True)  # 0: the head itself
        in_head = torch.where(clusters == 0, targets, self.shortlist_size + clusters - 1)  # (predictions,)
        total = cross_entropy(outputs, self.head.weight, in_head.to(outputs.device))
        sizes = torch.bincount(clusters, minlength=len(cutoffs)).tolist()
        runs = zip(self.tail, outputs.split(sizes)[1:], targets.split(sizes)[1:], self.cutoffs, strict=False)
        for cluster, rows, ids, first in runs:
            narrow, words = cluster.children()  # narrow: (rows of the run, width) to (rows of the run, less)
            total = total + cross_entropy(narrow(rows), words.get_parameter("weight"), (ids - first).to(outputs.device))
        return total


def cross_entropy(inputs: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
    """Sum of -log softmax(inputs weight^T)[target] in nats, a float32 scalar (float64 for such inputs).

    `inputs` is (predictions, width), `weight` (classes, width), `targets` int64 (predictions,). Matrix products are in
    autocast's precision where it is on; the softmax is in float32.
    """
    device = inputs.device.type
    precision = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else weight.dtype
    with torch.autocast(device, enabled=False):
        if torch.is_grad_enabled():
            total: Tensor = _CrossEntropy.apply(inputs, weight, targets, precision)
            return total
        x, w = inputs.to(precision), weight.to(precision)
        losses = [_softmax(x[rows], w, targets[rows])[0] for rows in _chunks(inputs, weight)]
        return torch.stack(losses).sum() if losses else inputs.new_zeros((), dtype=weight.dtype)


class _CrossEntropy(torch.autograd.Function):
    """The gradient of a sum needs only a factor from above, so it is computed while the logits are at hand."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, weight: Tensor, targets: Tensor, precision: torch.dtype) -> Tensor:
        x, w = inputs.to(precision), weight.to(precision)
        dinputs, dweight = torch.empty_like(x), torch.zeros_like(weight)
        total = weight.new_zeros(())
        for rows in _chunks(inputs, weight):
            loss, probabilities = _softmax(x[rows], w, targets[rows])
            total += loss
            probabilities.scatter_add_(1, targets[rows, None], -torch.ones_like(probabilities[:, :1]))
            dlogits = probabilities.to(precision)
            torch.mm(dlogits, w, out=dinputs[rows])
            if precision == weight.dtype:
                dweight.addmm_(dlogits.T, x[rows])
            else:
                dweight += dlogits.T @ x[rows]
        ctx.save_for_backward(dinputs, dweight)
        ctx.dtype = inputs.dtype
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, factor: Tensor) -> tuple[Tensor | None, ...]:
        dinputs, dweight = ctx.saved_tensors
        return (dinputs * factor).to(ctx.dtype), dweight * factor, None, None


def _spread(weight: Tensor, values: Tensor) -> bool:
    """Write values into a weight of their shape, with its deviation; return False, and do nothing, if all are 0."""
    size = values.square().mean().sqrt()
    if spreads := bool(size > 0):
        weight.copy_(values / size * weight.std(correction=0))
    return spreads


def _softmax(inputs: Tensor, weight: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """The loss of a run of rows, a scalar, and their probabilities (rows, classes)."""
    logits = inputs @ weight.T  # (rows, classes)
    logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
    logits -= logits.amax(1, keepdim=True)
    gold = logits.gather(1, targets[:, None])  # (rows, 1)
    total = logits.exp_().sum(1, keepdim=True)
    return (total.log() - gold).sum(), logits.div_(total)


def _chunks(inputs: Tensor, weight: Tensor) -> list[slice]:
    """Runs of rows, short enough for their logits to be held at once."""
    rows = max(1, (GPU_LOGITS if inputs.is_cuda else CPU_LOGITS) // len(weight))
    return [slice(start, start + rows) for start in range(0, len(inputs), rows)]
