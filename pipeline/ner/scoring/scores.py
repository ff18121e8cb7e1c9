"""Scores of predicted tags are computed from counts per sentence, so that resampling sentences is a matrix product.

`token_f1` is the paper's: the F1 of each B-/I- label over tokens, weighted by how often the label is in the gold
tags, O left out (scikit-learn's `f1_score(labels=..., average="weighted")`). `entity_f1` counts entities with exact
borders and type, all types together, as conlleval and seqeval's default mode do; an I- that continues nothing begins
an entity. `entity_f1_macro` is the mean of the types' F1, over types in gold or predicted tags. A score of nothing, 0
of 0, is 0.

Stage `evaluate` adds the entity F1 of `unseen.py`, and that of the same tagger on the test split in lower case.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.ner.data.bio import OUTSIDE, tag_type
from pipeline.work.progress import track

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[Any]
"""Counts: integers, or floats after a matrix product."""

METRICS = ["token_f1", "entity_f1", "entity_f1_macro"]
"""The scores that predictions and gold tags alone decide."""
FURTHER = ["entity_f1_unseen", "entity_f1_lowercased"]
"""The scores that stage `evaluate` adds to them."""
SEEN = "entity_f1_seen"
"""Another one, for the card of a tagger. Tables leave it out: it is the easy part of the entities."""
INTERVAL = [2.5, 97.5]
"""Percentiles of bootstrap values: the middle 95 %."""
CHUNK = 50
"""Resamples drawn at a time: with 217,501 sentences their weights take 87 MB."""


class Counts(NamedTuple):
    """Hits, gold and predicted (in this order on axis 1) of every sentence."""

    tokens: Numbers
    """(sentences, 3, labels without O)."""
    entities: Numbers
    """(sentences, 3, types)."""


class TypeScore(NamedTuple):
    """Scores of the entities of one type; `support` is their number in the gold tags."""

    type: str
    precision: float
    recall: float
    f1: float
    support: int


def entity_types(labels: list[str]) -> list[str]:
    """Return the types of the labels, in order of first appearance."""
    return list(dict.fromkeys(tag_type(label) for label in labels if label != OUTSIDE))


class Spans(NamedTuple):
    """The entities of a list of sentences, in order; each int64 (spans,)."""

    sentence: Integers
    start: Integers
    """The first token, counted in its sentence."""
    stop: Integers
    """The token after the last."""
    begin: Integers
    """The number of B- of the entity's type."""
    inside: Integers
    """The number of I- of the entity's type."""

    def select(self, chosen: npt.NDArray[np.bool_]) -> "Spans":
        """Select the spans for which `chosen`, (spans,), is true."""
        return Spans(*(column[chosen] for column in self))

    def of_sentences(self, sentences: Integers) -> "Spans":
        """Select the spans of these sentences, whose numbers rise; the result numbers the sentences from 0."""
        spans = self.select(np.isin(self.sentence, sentences))
        return spans._replace(sentence=np.searchsorted(sentences, spans.sentence))

    def are_in(self, others: "Spans") -> npt.NDArray[np.bool_]:
        """Whether each span is among the others, with the same borders and type; (spans,)."""
        known = set(zip(*(column.tolist() for column in others[:4]), strict=True))
        keys = zip(*(column.tolist() for column in self[:4]), strict=True)
        return np.array([key in known for key in keys], dtype=np.bool_)


def find_spans(tags: Integers, lengths: Integers, labels: list[str]) -> Spans:
    """Find the entities of label numbers, int64 (tokens,), by `pipeline.ner.data.bio.begins`; lengths (sentences,)."""
    numbers = {label: number for number, label in enumerate(labels)}
    pairs = [(0, 0) if x == OUTSIDE else (numbers["B-" + tag_type(x)], numbers["I-" + tag_type(x)]) for x in labels]
    begin, inside = np.array(pairs, dtype=np.int64).T[:, tags]  # B- and I- of each token's type, (tokens,); 0 for O
    sentence = np.repeat(np.arange(len(lengths)), lengths)  # (tokens,)
    previous = np.where(np.diff(sentence, prepend=-1) == 0, np.roll(begin, 1), 0)
    begins = (tags > 0) & ((tags == begin) | (previous != begin))
    (first,) = begins.nonzero()  # (spans,)
    # The tokens of an entity share the number of entities that have begun; O is left out.
    sizes = np.bincount(np.cumsum(begins)[tags > 0], minlength=len(first) + 1)[1:]
    start = first - (np.cumsum(lengths) - lengths)[sentence[first]]
    return Spans(sentence[first], start, start + sizes, begin[first], inside[first])


def count(gold: Integers, predicted: Integers, lengths: Integers, labels: list[str]) -> Counts:
    """Count label numbers (tokens,) of sentences one after the other, lengths (sentences,); labels[0] is O."""
    sentence = np.repeat(np.arange(len(lengths)), lengths)  # (tokens,)
    hit = np.where(gold == predicted, gold, 0)
    tokens = [_tally(sentence, tags, len(lengths), len(labels)) for tags in (hit, gold, predicted)]
    gold_spans, predicted_spans = (find_spans(tags, lengths, labels) for tags in (gold, predicted))
    return Counts(np.stack(tokens, 1), count_entities(gold_spans, predicted_spans, len(lengths), labels))


def count_entities(gold: Spans, predicted: Spans, sentences: int, labels: list[str]) -> Integers:
    """Count hits, gold and predicted entities of each type in every sentence, int64 (sentences, 3, types)."""
    types = np.array([0, *(1 + entity_types(labels).index(tag_type(label)) for label in labels[1:])])  # (labels,)
    hits = predicted.select(predicted.are_in(gold))
    tallies = [_tally(x.sentence, types[x.begin], sentences, types.max() + 1) for x in (hits, gold, predicted)]
    return np.stack(tallies, 1)


def total(counts: Counts) -> Counts:
    """Sum the counts over all sentences: (3, labels) and (3, types)."""
    return Counts(counts.tokens.sum(0), counts.entities.sum(0))


def measures(labels: list[str]) -> list[str]:
    """Return the names of all measures: the scores of `METRICS`, then entity F1 by type."""
    return [*METRICS, *entity_types(labels)]


def measure(counts: Counts) -> Floats:
    """Compute all measures of summed counts: (..., 3, labels) and (..., 3, types) -> (..., measures)."""
    hits, gold, predicted = np.moveaxis(counts.tokens, -2, 0)  # each (..., labels)
    token_f1 = _ratio((_f1(hits, gold, predicted) * gold).sum(-1), gold.sum(-1))
    entity_f1 = _f1(*np.moveaxis(counts.entities.sum(-1), -1, 0))  # of (..., 3)
    hits, gold, predicted = np.moveaxis(counts.entities, -2, 0)  # each (..., types)
    by_type = _f1(hits, gold, predicted)
    macro = _ratio(by_type.sum(-1), ((gold + predicted) > 0).sum(-1))
    return np.concatenate([np.stack([token_f1, entity_f1, macro], -1), by_type], -1)


def measure_seeds(taggers: Sequence[Counts]) -> Floats:
    """Compute all measures of each tagger, (taggers, measures)."""
    return np.stack([measure(total(counts)) for counts in taggers])


def score(counts: Counts) -> dict[str, float]:
    """Compute the scores of `METRICS` of a split, by name."""
    return dict(zip(METRICS, measure(total(counts))[: len(METRICS)].tolist(), strict=True))


def score_types(counts: Counts, labels: list[str]) -> list[TypeScore]:
    """Compute precision, recall and F1 of the entities of each type."""
    hits, gold, predicted = counts.entities.sum(0)  # each (types,)
    columns = _ratio(hits, predicted), _ratio(hits, gold), _f1(hits, gold, predicted), gold
    rows = zip(entity_types(labels), *(column.tolist() for column in columns), strict=True)
    return [TypeScore(*row) for row in rows]


def confusion_counts(gold: Integers, predicted: Integers, labels: int) -> Integers:
    """Count the tokens of each gold label (rows) predicted as each label (columns), int64 (labels, labels)."""
    return np.bincount(gold * labels + predicted, minlength=labels**2).reshape(labels, labels)


def deviation(values: Sequence[float]) -> float | None:
    """Return the sample standard deviation between seeds (n - 1 in the denominator); None for a single value."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else None


def estimate(taggers: Sequence[Counts], resamples: int, seed: int) -> Floats:
    """Each measure with its 95 % interval, (taggers + 1, measures, 3): value, low, high; the last row has the means.

    All taggers are scored on the same drawn sentences, so that each draw has a mean, and these give its interval.
    """
    values = measure_seeds(taggers)
    values = np.concatenate([values, values.mean(0, keepdims=True)])
    draws = bootstrap(taggers, resamples, seed)
    draws = np.concatenate([draws, draws.mean(0, keepdims=True)])
    return np.stack([values, *np.percentile(draws, INTERVAL, axis=1)], axis=-1)


def spread_types(taggers: Sequence[Counts], labels: list[str], resamples: int, seed: int) -> dict[str, list[Any]]:
    """Columns of a table of types: the deviation of each F1 between seeds, and the 95 % interval of its mean."""
    estimates = estimate(taggers, resamples, seed)[:, len(METRICS) :]  # (taggers + 1, types, 3)
    deviations = [deviation(f1) for f1 in estimates[:-1, :, 0].T.tolist()]
    low, high = estimates[-1, :, 1:].T.tolist()
    return {"type": entity_types(labels), "deviation": deviations, "low": low, "high": high}


def estimate_entities(taggers: Sequence[Numbers], resamples: int, seed: int) -> Floats:
    """The F1 of each column of counts, (sentences, 3, columns) a tagger, with its 95 % interval, as `estimate` does.

    Returns (taggers + 1, columns, 3). With an equal seed the sentences drawn are those of `estimate`.
    """
    counts = [Counts(columns[..., :0], columns) for columns in taggers]  # columns are to `measure` as types are
    return estimate(counts, resamples, seed)[:, len(METRICS) :]


def bootstrap(taggers: Sequence[Counts], resamples: int, seed: int) -> Floats:
    """Compute all measures on `resamples` draws of the sentences with replacement, (taggers, resamples, measures).

    Each draw has as many sentences as the split. Equal seeds draw equal sentences, so that values may be paired.
    """
    chunks = resample(taggers, resamples, seed)
    tracked = track(chunks, "bootstrap", "resamples", resamples, size=lambda chunk: len(chunk[0].tokens))
    return np.concatenate([np.stack([measure(sums) for sums in chunk]) for chunk in tracked], axis=1)


def resample(taggers: Sequence[Counts], resamples: int, seed: int) -> Iterator[list[Counts]]:
    """Yield the sums of every tagger's counts over the same drawn sentences, `CHUNK` resamples (axis 0) at a time."""
    random = np.random.default_rng(seed)
    sentences = len(taggers[0].tokens)
    flat = [[array.reshape(sentences, -1).astype(np.float64) for array in counts] for counts in taggers]
    for first in range(0, resamples, CHUNK):
        draws = random.integers(sentences, size=(min(CHUNK, resamples - first), sentences))
        # How often each sentence is drawn, (resamples, sentences).
        weights = np.stack([np.bincount(row, minlength=sentences) for row in draws]).astype(np.float64)
        yield [Counts(*((weights @ array).reshape(len(weights), 3, -1) for array in arrays)) for arrays in flat]


def interval(values: Floats) -> tuple[float, float]:
    """Return the ends of the middle 95 % of bootstrap values."""
    low, high = np.percentile(values, INTERVAL)
    return float(low), float(high)


def _tally(sentence: Integers, classes: Integers, sentences: int, number: int) -> Integers:
    """Count each class except 0 in each sentence, (sentences, number - 1)."""
    flat = np.bincount(sentence * number + classes, minlength=sentences * number)
    return flat.reshape(sentences, number)[:, 1:]


def _f1(hits: Numbers, gold: Numbers, predicted: Numbers) -> Floats:
    return _ratio(2 * hits, gold + predicted)


def _ratio(part: Numbers, whole: Numbers) -> Floats:
    """Divide part by whole; 0 where whole is 0."""
    ratio: Floats = np.divide(part, whole, out=np.zeros(np.shape(whole)), where=np.asarray(whole) != 0)
    return ratio
