"""The CRF's normaliser and its gradient, derived by hand.

Lafferty, McCallum, Pereira (2001), with e the emissions and T the transitions: forward in time

    a_t(j) = e_t(j) + log sum_i exp(a_{t-1}(i) + T(i, j)),

and back the marginals, which are the gradient of log Z. That label i came before j at t has, given j, the probability
w_t(i, j), a by-product of the sum above; so

    p_{t-1}(i) = sum_j w_t(i, j) p_t(j)    is the gradient of e_{t-1}(i),
    sum_t w_t(i, j) p_t(j)                 that of T(i, j).

Only a few calls on contiguous slices run through time, with the sentences along the last axis, where every one of them
is vectorised. All stays in logarithms or is divided by its own largest term: no score is too large or too small.
"""

import math
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def log_partition(emissions: Tensor, lengths: Tensor, start: Tensor, transitions: Tensor, end: Tensor) -> Tensor:
    """log Z: the log of the sum of exp(score) over all label sequences, in nats, of each sentence; (sentences,).

    emissions is float (sentences, longest, labels) and finite beyond a sentence too, lengths int64 (sentences,), none
    of them 0; `transitions[i, j]` scores i followed by j, start and end are (labels,). Differentiable once.
    """
    return LogPartition.apply(emissions, lengths, start, transitions, end)


class LogPartition(torch.autograd.Function):
    """`log_partition`. A sentence runs on beyond its end; nothing reads what comes of it."""

    @staticmethod
    def forward(
        ctx: Any, emissions: Tensor, lengths: Tensor, start: Tensor, transitions: Tensor, end: Tensor
    ) -> Tensor:
        emissions = emissions.permute(1, 2, 0).contiguous()
        ends = (lengths - 1).expand(1, *emissions.shape[1:])  # the time of the last token, (1, labels, sentences)
        scores, weights = _run(emissions, start, transitions)
        last = scores.gather(0, ends).squeeze(0) + end.unsqueeze(1)
        total = last.logsumexp(0)
        ctx.save_for_backward(weights, torch.exp(last - total), ends)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        weights, last, ends = ctx.saved_tensors
        last = last * gradient
        marginals = last.new_zeros(len(weights) + 1, *last.shape).scatter_(0, ends, last.unsqueeze(0))
        pairs = _run_back(marginals, weights)
        return marginals.permute(2, 0, 1), None, marginals[0].sum(1), pairs.sum((0, 3)), last.sum(1)


def _run(emissions: Tensor, start: Tensor, transitions: Tensor) -> tuple[Tensor, Tensor]:
    """a (longest, labels, sentences), w (longest - 1, labels before, labels after, sentences); emissions like a."""
    longest, labels, sentences = emissions.shape
    moves, floor = transitions.unsqueeze(2), _floor(emissions.dtype)
    scores, largest = torch.empty_like(emissions), emissions.new_empty(labels, sentences)
    weights = emissions.new_empty(longest - 1, labels, labels, sentences)
    sums = emissions.new_empty(longest - 1, labels, sentences)
    torch.add(emissions[0], start.unsqueeze(1), out=scores[0])
    slices = (scores.unsqueeze(2)[:-1], emissions[1:], scores[1:], weights, sums)
    for before, emitted, score, weight, total in zip(*(x.unbind() for x in slices), strict=True):
        torch.add(before, moves, out=weight)
        torch.amax(weight, 0, out=largest)
        weight.sub_(largest).clamp_min_(floor).exp_()
        torch.sum(weight, 0, out=total)
        torch.log(total, out=score).add_(largest).add_(emitted)
    return scores, weights.div_(sums.unsqueeze(1))


def _run_back(marginals: Tensor, weights: Tensor) -> Tensor:
    """Complete the marginals in place, from those of last tokens; return w_t(i, j) p_t(j), of the shape of w."""
    pairs = torch.empty_like(weights)
    slices = (marginals[1:], marginals[:-1], weights, pairs)
    for after, before, weight, pair in zip(*(reversed(x.unbind()) for x in slices), strict=True):
        torch.mul(weight, after, out=pair)
        before.add_(pair.sum(1))
    return pairs


def _floor(dtype: torch.dtype) -> float:
    """Log of what cannot change a sum of 1 or more; exp() of far less, an illegal move, is ten times as slow."""
    return 3 * math.log(torch.finfo(dtype).eps)
