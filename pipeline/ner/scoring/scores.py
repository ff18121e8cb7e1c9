"""Scores of predicted tags, from counts per sentence, so that resampling sentences is a matrix product.

`token_f1` is the paper's: the F1 of each B-/I- label over tokens, weighted by how often the label is in the gold
tags, O left out (scikit-learn's `f1_score(labels=..., average="weighted")`). `entity_f1` counts entities found with
exact borders and type, all types together, as conlleval does; an I- that continues nothing begins an entity there
(seqeval's default mode). `entity_f1_macro` is the mean of the types' F1, over types in gold or predicted tags.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.ner.data.bio import OUTSIDE, tag_type

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[Any]
"""Counts: integers, or the floats that a matrix product makes of them."""

CHUNK = 50
"""Resamples drawn at a time: 217,501 sentences are then 87 MB of weights."""


class Counts(NamedTuple):
    """Hits, gold and predicted (in this order on axis 1) of every sentence."""

    tokens: Numbers
    """(sentences, 3, labels without O)."""
    entities: Numbers
    """(sentences, 3, types)."""


class TypeScore(NamedTuple):
    """Entities of one type; `support` is how many are in the gold tags."""

    type: str
    precision: float
    recall: float
    f1: float
    support: int


def entity_types(labels: list[str]) -> list[str]:
    """The types of some labels, in order of first appearance."""
    return list(dict.fromkeys(tag_type(label) for label in labels if label != OUTSIDE))


def count(gold: Integers, predicted: Integers, lengths: Integers, labels: list[str]) -> Counts:
    """Count label numbers (tokens,) of sentences one after the other, lengths (sentences,); labels[0] is O."""
    sentence = np.repeat(np.arange(len(lengths)), lengths)
    hit = np.where(gold == predicted, gold, 0)
    tokens = [_tally(sentence, tags, len(lengths), len(labels)) for tags in (hit, gold, predicted)]

    types = len(entity_types(labels))
    type_, size = _entities(gold, sentence, labels)
    predicted_type, predicted_size = _entities(predicted, sentence, labels)
    found = np.where((type_ == predicted_type) & (size == predicted_size), type_, 0)
    entities = [_tally(sentence, x, len(lengths), types + 1) for x in (found, type_, predicted_type)]
    return Counts(np.stack(tokens, 1), np.stack(entities, 1))


def token_f1(counts: Numbers) -> Floats:
    """The paper's F1 from counts (..., 3, labels) -> (...)."""
    hits, gold, predicted = np.moveaxis(counts, -2, 0)
    return _ratio((_f1(hits, gold, predicted) * gold).sum(-1), gold.sum(-1))


def entity_f1(counts: Numbers) -> Floats:
    """Exact spans, micro, from counts (..., 3, types) -> (...)."""
    hits, gold, predicted = np.moveaxis(counts.sum(-1), -1, 0)
    return _f1(hits, gold, predicted)


def entity_f1_macro(counts: Numbers) -> Floats:
    """Exact spans, mean over types, from counts (..., 3, types) -> (...)."""
    hits, gold, predicted = np.moveaxis(counts, -2, 0)
    return _ratio(_f1(hits, gold, predicted).sum(-1), ((gold + predicted) > 0).sum(-1))


def type_f1(counts: Numbers) -> Floats:
    """Exact spans of each type, from counts (..., 3, types) -> (..., types)."""
    hits, gold, predicted = np.moveaxis(counts, -2, 0)
    return _f1(hits, gold, predicted)


METRICS: dict[str, Callable[[Counts], Floats]] = {
    "token_f1": lambda counts: token_f1(counts.tokens),
    "entity_f1": lambda counts: entity_f1(counts.entities),
    "entity_f1_macro": lambda counts: entity_f1_macro(counts.entities),
}
"""Scores by name, of summed counts: axis 0 (sentences) of `Counts` is gone, or is another (resamples)."""


def score(counts: Counts) -> dict[str, float]:
    """All scores of a split."""
    return {name: float(metric(total(counts))) for name, metric in METRICS.items()}


def total(counts: Counts) -> Counts:
    """The sums over all sentences."""
    return Counts(counts.tokens.sum(0), counts.entities.sum(0))


def deviation(values: Sequence[float]) -> float | None:
    """Standard deviation between seeds, as a sample's (n - 1 in the denominator); None for a single value."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else None


def score_types(counts: Counts, labels: list[str]) -> list[TypeScore]:
    """Precision, recall and F1 of the entities of each type."""
    hits, gold, predicted = counts.entities.sum(0)
    columns = _ratio(hits, predicted), _ratio(hits, gold), _f1(hits, gold, predicted), gold
    rows = zip(entity_types(labels), *(column.tolist() for column in columns), strict=True)
    return [TypeScore(*row) for row in rows]


def confusion_counts(gold: Integers, predicted: Integers, labels: int) -> Integers:
    """How often each gold label (rows) was predicted as each label (columns), tokens, (labels, labels)."""
    return np.bincount(gold * labels + predicted, minlength=labels**2).reshape(labels, labels)


def bootstrap(counts: Counts, resamples: int, seed: int) -> dict[str, Floats]:
    """Every score of `resamples` draws of as many sentences, with replacement; each (resamples,).

    Equal seeds draw equal sentences, so values of two taggers on the same split may be paired.
    """
    drawn: dict[str, list[Floats]] = {name: [] for name in METRICS}
    for (totals,) in resample([counts], resamples, seed):
        for name, metric in METRICS.items():
            drawn[name].append(metric(totals))
    return {name: np.concatenate(parts) for name, parts in drawn.items()}


def resample(systems: Sequence[Counts], resamples: int, seed: int) -> Iterator[list[Counts]]:
    """Sums of every system's counts over the same drawn sentences, `CHUNK` resamples (axis 0) at a time."""
    random = np.random.default_rng(seed)
    sentences = len(systems[0].tokens)
    flat = [[array.reshape(sentences, -1).astype(np.float64) for array in counts] for counts in systems]
    for first in range(0, resamples, CHUNK):
        weights = _draw(random, min(CHUNK, resamples - first), sentences)
        yield [Counts(*((weights @ array).reshape(len(weights), 3, -1) for array in arrays)) for arrays in flat]


def mean_scores(counts: Sequence[Counts], resamples: int, seed: int) -> dict[str, tuple[float, float, float]]:
    """The mean of every score over taggers, and its 95 % interval: all are scored on the same drawn sentences."""
    scores = [score(c) for c in counts]
    draws = [bootstrap(c, resamples, seed) for c in counts]
    return {
        metric: (float(np.mean([s[metric] for s in scores])), *interval(np.mean([d[metric] for d in draws], axis=0)))
        for metric in METRICS
    }


def interval(values: Floats) -> tuple[float, float]:
    """The middle 95 % of bootstrap values."""
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def _draw(random: np.random.Generator, resamples: int, sentences: int) -> Floats:
    """How often each sentence is drawn, (resamples, sentences)."""
    draws = random.integers(sentences, size=(resamples, sentences))
    return np.stack([np.bincount(row, minlength=sentences) for row in draws]).astype(np.float64)


def _tally(sentence: Integers, classes: Integers, sentences: int, number: int) -> Integers:
    """How often each class but 0 occurs in each sentence, (sentences, number - 1)."""
    flat = np.bincount(sentence * number + classes, minlength=sentences * number)
    return flat.reshape(sentences, number)[:, 1:]


def _entities(tags: Integers, sentence: Integers, labels: list[str]) -> tuple[Integers, Integers]:
    """At the first token of each entity its type from 1 and its length, elsewhere 0; both (tokens,)."""
    types = entity_types(labels)
    type_ = np.array([0 if label == OUTSIDE else 1 + types.index(tag_type(label)) for label in labels])[tags]
    is_b = np.array([label.startswith("B-") for label in labels])[tags]
    previous = np.where(np.diff(sentence, prepend=-1) == 0, np.roll(type_, 1), 0)
    begins = (type_ > 0) & (is_b | (previous != type_))
    sizes = np.zeros_like(tags)
    # The number of an entity is how many have begun: its tokens share it, and O is left out.
    sizes[begins] = np.bincount(np.cumsum(begins)[type_ > 0], minlength=1)[1:]
    return np.where(begins, type_, 0), sizes


def _f1(hits: Numbers, gold: Numbers, predicted: Numbers) -> Floats:
    return _ratio(2 * hits, gold + predicted)


def _ratio(part: Numbers, whole: Numbers) -> Floats:
    """part / whole, 0 where whole is 0."""
    ratio: Floats = np.divide(part, whole, out=np.zeros(np.shape(whole)), where=np.asarray(whole) != 0)
    return ratio
