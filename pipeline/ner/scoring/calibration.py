"""Whether a tagger is right as often as it says: temperature scaling and reliability (Guo et al. 2017).

The temperature is a number that divides all scores of the CRF; it changes no label. The best one gives the observed
right and wrong predictions on the validation split the highest probability.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from pipeline.ner.scoring.scores import Floats, Spans, find_spans
from pipeline.ner.tagging.crf import BioCrf
from pipeline.ner.tagging.examples import Examples
from pipeline.ner.tagging.marginals import scale_scores, span_log_probabilities
from pipeline.ner.tagging.tagger import Tagger, score_labels

BINS = 10
COLDEST, HOTTEST = 0.25, 8.0
"""The bounds of the search. If all entities are right, or all wrong, no temperature is best, and it ends at a bound."""
STEPS = 20
"""Each step shortens the interval to 0.618 of its length, so that the temperature is known to 0.03 %."""
SMALLEST = 1e-9
"""The least distance of a probability from 0 and 1: a certain but wrong prediction costs 21 nats, not infinity."""

THRESHOLDS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9)
"""The least confidences of which a card says what they give."""

Right = npt.NDArray[np.bool_]
"""Whether each predicted entity is in the gold tags, (spans,)."""


class Judged(NamedTuple):
    """The predicted entities of a split, batch by batch, and which of them are right."""

    crf: BioCrf
    batches: list[tuple[Tensor, Tensor, Spans]]
    """Emissions float64 (sentences, longest, labels), lengths (sentences,), and the entities."""
    right: Right
    gold: int
    """The number of entities in the gold tags."""

    def confidences(self, temperature: float) -> Floats:
        """Return the probability of each entity, float64 (spans,)."""
        parts = [
            span_log_probabilities(scale_scores(self.crf, emissions, lengths, temperature), spans)
            for emissions, lengths, spans in self.batches
        ]
        return torch.cat(parts).exp().cpu().numpy() if parts else np.zeros(0)


def judge(tagger: Tagger, examples: Examples) -> Judged:
    """Predict the tags of a split and compare the entities with the gold ones."""
    batches, right, number = [], [np.zeros(0, dtype=np.bool_)], 0
    for rows, emissions, lengths in score_labels(tagger, examples.features):
        tags = tagger.best(emissions, lengths).cpu().numpy()  # (tokens,)
        predicted, gold = (find_spans(x, lengths.numpy(), tagger.labels) for x in (tags, examples.tags[rows]))
        batches.append((emissions.double(), lengths, predicted))
        right.append(predicted.are_in(gold))
        number += len(gold.sentence)
    return Judged(tagger.crf, batches, np.concatenate(right), number)


def fit_temperature(judged: Judged) -> float:
    """Return the temperature of least `log_loss`, by golden section over its logarithm; 1 without any entity."""
    if not len(judged.right):
        return 1.0

    def loss(logarithm: float) -> float:
        return log_loss(judged.confidences(math.exp(logarithm)), judged.right)

    ratio, low, high = (math.sqrt(5) - 1) / 2, math.log(COLDEST), math.log(HOTTEST)
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    losses = {left: loss(left), right: loss(right)}
    for _ in range(STEPS):
        if losses[left] < losses[right]:
            high, right = right, left
            new = left = high - ratio * (high - low)
        else:
            low, left = left, right
            new = right = low + ratio * (high - low)
        losses[new] = loss(new)
    return math.exp(min(losses, key=losses.__getitem__))


def log_loss(confidences: Floats, right: Right) -> float:
    """Return the mean negative log-likelihood of right and wrong, in nats per entity; 0 without entities."""
    clipped = confidences.clip(SMALLEST, 1 - SMALLEST)
    losses = -np.log(np.where(right, clipped, 1 - clipped))
    return float(losses.sum() / max(1, len(right)))


def reliability(confidences: Floats, right: Right) -> dict[str, Any]:
    """Return the number of entities, the share of right ones, the mean confidence, `log_loss`, `ece` and its bins.

    `ece`, the expected calibration error, is the mean over entities of |share of right ones - mean confidence| in the
    bin of the entity. All `bins` have the same width; empty ones are left out.
    """
    numbers = np.minimum((confidences * BINS).astype(np.int64), BINS - 1)  # of the bins, (spans,)
    bins: list[dict[str, Any]] = []
    for number in np.unique(numbers).tolist():
        means = _means(confidences[numbers == number], right[numbers == number])
        bins.append({"low": number / BINS, "high": (number + 1) / BINS, **means})
    gap = sum(b["entities"] * abs(b["right"] - b["confidence"]) for b in bins)
    loss = log_loss(confidences, right)
    return {**_means(confidences, right), "log_loss": loss, "ece": gap / max(1, len(right)), "bins": bins}


def _means(confidences: Floats, right: Right) -> dict[str, Any]:
    entities = len(right)
    right_share, confidence = (float(x.sum() / max(1, entities)) for x in (right, confidences))
    return {"entities": entities, "right": right_share, "confidence": confidence}


def choose(confidences: Floats, right: Right, gold: int) -> list[dict[str, float]]:
    """Return, for each of `THRESHOLDS`, precision and recall where only entities of at least that confidence are kept.

    `gold` is the number of entities that there are. Where nothing is kept, precision is 0, as in all scores.
    """
    kept = [(threshold, right[confidences >= threshold]) for threshold in THRESHOLDS]
    return [
        {"threshold": threshold, "precision": float(x.sum() / max(1, len(x))), "recall": float(x.sum() / max(1, gold))}
        for threshold, x in kept
    ]
