"""How certain the CRF is of an entity, `pipeline.ner.tagging.marginals`: the probability of all taggings that have it.

    p = exp(a_i(B) + sum of scores inside + log sum over y != I of exp(trans(last, y) + e_j(y) + b_j(y)) - log Z)

The entity is from token i up to j; a and b are the forward and the backward scores (Rabiner 1989). All are float64: p
is the difference of sums over a whole sentence, of which float32 would leave four digits.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.light.crf import Crf
from pipeline.light.packed import Packed
from pipeline.light.spans import Spans
from pipeline.light.weights import Floats, Integers

Doubles = npt.NDArray[np.float64]


class Scores(NamedTuple):
    """All scores of a CRF for a batch, in nats."""

    emissions: Doubles
    """(labels, tokens)."""
    start: Doubles
    moves: Doubles
    """(before, after)."""
    end: Doubles


def span_probabilities(crf: Crf, emissions: Floats, temperature: float, places: Packed, spans: Spans) -> Doubles:
    """Return the probability of each entity, (spans,); emissions are (tokens, labels).

    All scores are divided by the temperature first (Guo et al. 2017).
    """
    parts = (emissions.T, crf.start, crf.moves, crf.end)
    scores = Scores(*(np.divide(part, temperature, dtype=np.float64, order="C") for part in parts))
    before, after = forward(scores, places), backward(scores, places)
    total = log_sum(before[:, places.last] + scores.end[:, None])  # log Z, (sentences,)
    reached = before[spans.begin, places.rows(spans.sentence, spans.start)]
    last = np.where(spans.stop - spans.start == 1, spans.begin, spans.inside)
    logs = reached + _within(scores, places, spans) + _leave(scores, after, places, spans, last) - total[spans.sentence]
    return np.exp(np.minimum(logs, 0))


def forward(scores: Scores, places: Packed) -> Doubles:
    """a_t(y): log of the sum over all beginnings of a sentence up to y at t; (labels, tokens)."""
    sums, moves = scores.emissions.copy(), scores.moves[:, :, None]
    before = sums[:, slice(*places.steps[0])]
    before += scores.start[:, None]
    for start, stop in places.steps[1:]:
        reached = log_sum(before[:, None, : stop - start] + moves)  # (before, after, alive) to (after, alive)
        before = sums[:, start:stop]
        before += reached
    return sums


def backward(scores: Scores, places: Packed) -> Doubles:
    """b_t(y): log of the sum over all ends of a sentence after y at t; (labels, tokens)."""
    sums, moves = np.empty_like(scores.emissions), scores.moves.T[:, :, None]
    sums[:] = scores.end[:, None]
    for (first, _), (start, stop) in reversed([*pairwise(places.steps)]):
        after = scores.emissions[:, None, start:stop] + sums[:, None, start:stop]
        sums[:, first : first + stop - start] = log_sum(after + moves)  # (after, before, alive) to (before, alive)
    return sums


def log_sum(x: Doubles) -> Doubles:
    """Return the log of the sum of exp(x) over the first axis; x is used up."""
    top = x.max(0)
    x -= top
    return np.log(np.exp(x, out=x).sum(0)) + top


def _within(scores: Scores, places: Packed, spans: Spans) -> Doubles:
    """Return the score of all tokens of each entity after its first, (spans,)."""
    sentence, start, stop, begin, inside = spans
    sums = np.empty(scores.emissions.shape[::-1])  # (tokens, labels), one sentence after another
    sums[places.order] = scores.emissions.T
    sums.cumsum(0, out=sums)
    first = (np.cumsum(places.lengths) - places.lengths)[sentence]
    emitted = sums[first + stop - 1, inside] - sums[first + start, inside]
    more = stop - start - 1
    moved = scores.moves[begin, inside] + (more - 1) * scores.moves[inside, inside]
    return np.where(more > 0, emitted + moved, 0)


def _leave(scores: Scores, after: Doubles, places: Packed, spans: Spans, last: Integers) -> Doubles:
    """Return the log of the sum over all continuations after each entity, which ends with `last`; (spans,)."""
    goes_on = spans.stop < places.lengths[spans.sentence]
    rows = places.rows(spans.sentence, np.where(goes_on, spans.stop, 0))
    ways = scores.moves.T[:, last] + scores.emissions[:, rows] + after[:, rows]  # (labels, spans)
    ways[spans.inside, np.arange(len(rows))] = -np.inf
    return np.where(goes_on, log_sum(ways), scores.end[last])
