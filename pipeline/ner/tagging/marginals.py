"""How certain a CRF is of an entity: the probability of all label sequences with exactly this entity there.

An entity of type T from token i up to j (not included) is in the sequences that have B-T at i, I-T from i + 1 to j - 1,
and no I-T at j, which would continue it. The sum over all these sequences is exact: it has the forward and backward
scores of Rabiner (1989) around the scores of the entity itself (Culotta and McCallum 2004, "Confidence estimation for
information extraction", where the border after the entity is constrained in the same way):

    p = exp(a_i(B) + sum of scores inside + log sum over y != I of exp(trans(last, y) + e_j(y) + b_j(y)) - log Z)
"""

from typing import NamedTuple

import torch
from torch import Tensor

from pipeline.ner.scoring.scores import Spans
from pipeline.ner.tagging.crf import BioCrf


class Scores(NamedTuple):
    """All scores of a CRF for a batch of sentences, in nats."""

    emissions: Tensor
    """(longest, labels, sentences)."""
    lengths: Tensor
    """(sentences,)."""
    start: Tensor
    transitions: Tensor
    end: Tensor


def scale_scores(crf: BioCrf, emissions: Tensor, lengths: Tensor, temperature: float = 1.0) -> Scores:
    """Divide every score by the temperature (Guo et al. 2017), which changes probabilities but not the best sequence.

    Emissions are (sentences, longest, labels) of any float type, which the probabilities get too; lengths are int64
    (sentences,), none of them 0.
    """
    crf.forbid()
    parameters = (crf.start_transitions, crf.transitions, crf.end_transitions)
    scaled = (parameter.to(emissions.dtype) / temperature for parameter in parameters)
    return Scores(emissions.permute(1, 2, 0).contiguous() / temperature, lengths.to(emissions.device), *scaled)


@torch.no_grad()
def span_log_probabilities(scores: Scores, spans: Spans) -> Tensor:
    """Return the logarithm of each entity's probability, (spans,), 0 or less, in the emissions' type."""
    sentence, first, stop, begin, inside = (torch.from_numpy(x).to(scores.emissions.device) for x in spans)
    before, after = forward(scores), backward(scores)
    ends = scores.lengths - 1
    total = (before[ends, :, torch.arange(len(ends), device=ends.device)] + scores.end).logsumexp(1)  # (sentences,)
    last = torch.where(stop - first == 1, begin, inside)
    within = _within(scores, sentence, first, stop, begin, inside)
    leaving = _leave(scores, after, sentence, stop, last, inside)
    return (before[first, begin, sentence] + within + leaving - total[sentence]).clamp_max(0)


def forward(scores: Scores) -> Tensor:
    """a_t(y): log of the sum over all beginnings of a sentence up to y at t; (longest, labels, sentences)."""
    moves, rows = scores.transitions.unsqueeze(2), [scores.emissions[0] + scores.start.unsqueeze(1)]
    for emitted in scores.emissions[1:].unbind():
        rows.append((rows[-1].unsqueeze(1) + moves).logsumexp(0) + emitted)  # (labels, sentences)
    return torch.stack(rows)


def backward(scores: Scores) -> Tensor:
    """b_t(y): log of the sum over all ends of a sentence after y at t; (longest, labels, sentences)."""
    moves, end = scores.transitions.unsqueeze(2), scores.end.unsqueeze(1).expand_as(scores.emissions[0])
    rows = [end]
    for time in range(len(scores.emissions) - 1, 0, -1):
        reached = (moves + (scores.emissions[time] + rows[-1]).unsqueeze(0)).logsumexp(1)
        rows.append(torch.where(time < scores.lengths, reached, end))
    return torch.stack(rows[::-1])


def _within(scores: Scores, sentence: Tensor, first: Tensor, stop: Tensor, begin: Tensor, inside: Tensor) -> Tensor:
    """Return the score of all tokens of each entity after its first, (spans,)."""
    sums = scores.emissions.double().cumsum(0)  # exact to the last digit of float32 in long sentences too
    emitted = (sums[stop - 1, inside, sentence] - sums[first, inside, sentence]).to(scores.emissions.dtype)
    more = stop - first - 1
    moved = scores.transitions[begin, inside] + (more - 1) * scores.transitions[inside, inside]
    return torch.where(more > 0, emitted + moved, 0)


def _leave(scores: Scores, after: Tensor, sentence: Tensor, stop: Tensor, last: Tensor, inside: Tensor) -> Tensor:
    """Return the log of the sum over all continuations after each entity, which ends with `last`; (spans,)."""
    goes_on = stop < scores.lengths[sentence]
    time = stop.where(goes_on, 0)
    ways = scores.transitions[last] + scores.emissions[time, :, sentence] + after[time, :, sentence]  # (spans, labels)
    ways = ways.scatter(1, inside.unsqueeze(1), float("-inf"))
    return torch.where(goes_on, ways.logsumexp(1), scores.end[last])
