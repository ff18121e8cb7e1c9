"""Whether a tagger is right as often as it says: temperature scaling and reliability (Guo et al. 2017).

One number, the temperature, divides all scores of the CRF. It changes no label. It is the one that makes what became of
the predicted entities of the validation split most probable (negative log-likelihood of right and wrong).
"""

import math
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from pipeline.ner.scoring.scores import Floats, Spans, find_spans
from pipeline.ner.tagging.batches import inference_batches
from pipeline.ner.tagging.examples import Examples
from pipeline.ner.tagging.marginals import scale_scores, span_log_probabilities
from pipeline.ner.tagging.tagger import BATCH, Tagger, load_batch

BINS = 10
COLDEST, HOTTEST = 0.25, 8.0
"""Where entities are all right, or all wrong, no temperature is the best: the search ends here."""
STEPS = 20
"""Each cuts what is searched to 0.618 of it: a temperature is then known to 0.03 %."""
SMALLEST = 1e-9
"""Of a probability, and of what it lacks to 1: an error of a tagger that was sure costs 21 nats and not infinity."""


class Judged(NamedTuple):
    """The predicted entities of a split, and which of them are in the gold tags, bool (spans,)."""

    tagger: Tagger
    batches: list[tuple[Tensor, Tensor, Spans]]
    """Of sentences with predicted entities: emissions float64 (sentences, longest, labels), lengths, and spans."""
    right: np.ndarray

    def confidences(self, temperature: float) -> Floats:
        """The probability of each entity, float64 (spans,)."""
        parts = [
            span_log_probabilities(scale_scores(self.tagger.crf, emissions, lengths, temperature), spans)
            for emissions, lengths, spans in self.batches
        ]
        return torch.cat(parts).exp().cpu().numpy() if parts else np.zeros(0)


def judge(tagger: Tagger, examples: Examples) -> Judged:
    """Predict a split and compare with its tags; sentences without a predicted entity say nothing of confidence."""
    features, batches, right = examples.features, [], [np.zeros(0, dtype=bool)]
    for numbers in inference_batches(features.lengths, BATCH):
        rows, lengths = features.rows(numbers), features.lengths[numbers]
        with torch.no_grad():
            emissions = tagger.emissions(*load_batch(tagger, features, numbers, rows))  # (sentences, longest, labels)
            tags = tagger.best(emissions, torch.from_numpy(lengths)).cpu().numpy()  # (tokens,)
        predicted, gold = (find_spans(x, lengths, tagger.labels) for x in (tags, examples.tags[rows]))
        right.append(predicted.are_in(gold))
        if len(predicted.sentence):
            judged = np.unique(predicted.sentence)  # sentences with a predicted entity
            longest = int(lengths[judged].max())
            of_judged = emissions[torch.from_numpy(judged).to(emissions.device), :longest].double()
            batches.append((of_judged, torch.from_numpy(lengths[judged]), predicted.of_sentences(judged)))
    return Judged(tagger, batches, np.concatenate(right))


def fit_temperature(judged: Judged) -> float:
    """The temperature of least `log_loss`, by golden section over its logarithm; 1 where nothing was predicted."""
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


def log_loss(confidences: Floats, right: np.ndarray) -> float:
    """Mean negative log-likelihood of right and wrong, in nats an entity; 0 without entities."""
    if not len(right):
        return 0.0
    clipped = confidences.clip(SMALLEST, 1 - SMALLEST)
    return float(-np.log(np.where(right, clipped, 1 - clipped)).mean())


def reliability(confidences: Floats, right: np.ndarray) -> dict[str, Any]:
    """Entities, share of right ones, mean confidence, `log_loss`, and the expected calibration error with its bins.

    `ece` is the mean over entities of |share of right ones - mean confidence| of the bin that an entity falls into;
    `bins` are of equal width, those without entities left out.
    """
    numbers = np.minimum((confidences * BINS).astype(np.int64), BINS - 1)
    bins = [
        {"low": number / BINS, "high": (number + 1) / BINS, **_means(confidences[inside], right[inside])}
        for number in np.unique(numbers).tolist()
        for inside in [numbers == number]
    ]
    gap = sum(b["entities"] * abs(b["right"] - b["confidence"]) for b in bins)
    loss = log_loss(confidences, right)
    return {**_means(confidences, right), "log_loss": loss, "ece": gap / max(1, len(right)), "bins": bins}


def _means(confidences: Floats, right: np.ndarray) -> dict[str, Any]:
    shares = (float(x.mean()) if len(right) else 0.0 for x in (right, confidences))
    return {"entities": len(right), **dict(zip(("right", "confidence"), shares, strict=True))}
