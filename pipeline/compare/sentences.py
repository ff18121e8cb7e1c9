"""The test sentences on which two systems differ most, with their entities marked."""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from pipeline.compare.pair import Pair, Split, Taggers, describe_seeds
from pipeline.ner.batches import Indices
from pipeline.ner.bio import Span, bio_spans
from pipeline.ner.scores import Counts, Floats

GOLD, RIGHT, WRONG = "gold", "right", "wrong"


class Piece(NamedTuple):
    """An entity, its type and status: `gold`, `right` or `wrong`; or text between entities, both empty."""

    text: str
    type: str
    status: str


class Reading(NamedTuple):
    """A sentence as gold, A or B has it; `by` names the seeds that agree on it, empty for gold."""

    system: str
    by: str
    pieces: list[Piece]


class Example(NamedTuple):
    """A sentence by its number from 1, and how many entities A and B missed or made up, means over seeds."""

    number: int
    wrong_a: float
    wrong_b: float
    readings: list[Reading]


def find_examples(pair: Pair, most: int) -> list[Example]:
    """At most this many sentences, those first where the numbers of wrong entities differ most."""
    a, b = (_wrong(taggers.counts) for taggers in (pair.a, pair.b))
    gap = np.abs(a - b)
    order = np.argsort(-gap, kind="stable")[:most].tolist()
    starts = np.cumsum(pair.split.lengths) - pair.split.lengths
    return [
        Example(i + 1, float(a[i]), float(b[i]), list(_readings(pair, i, int(starts[i])))) for i in order if gap[i] > 0
    ]


def _wrong(counts: list[Counts]) -> Floats:
    """Entities missed and made up in each sentence, means over seeds, (sentences,)."""
    per_seed = [(c.entities[:, 1] + c.entities[:, 2] - 2 * c.entities[:, 0]).sum(1) for c in counts]
    return np.mean(per_seed, axis=0)


def _readings(pair: Pair, index: int, start: int) -> Iterator[Reading]:
    sentence = pair.split.sentences[index]
    gold = bio_spans(sentence.tags)
    yield Reading(GOLD, "", list(_pieces(sentence.tokens, gold, None)))
    for system, taggers in (("A", pair.a), ("B", pair.b)):
        for spans, seeds in _group(pair.split, taggers, start, len(sentence.tokens)).items():
            yield Reading(system, describe_seeds(seeds), list(_pieces(sentence.tokens, list(spans), gold)))


def _group(split: Split, taggers: Taggers, start: int, length: int) -> dict[tuple[Span, ...], list[str]]:
    """The seeds by the entities they found."""
    groups: defaultdict[tuple[Span, ...], list[str]] = defaultdict(list)
    for seed, tags in zip(taggers.seeds, taggers.tags, strict=True):
        groups[tuple(bio_spans(_names(split, tags[start : start + length])))].append(seed)
    return groups


def _names(split: Split, tags: Indices) -> list[str]:
    return [split.labels[tag] for tag in tags.tolist()]


def _pieces(tokens: list[str], spans: list[Span], gold: list[Span] | None) -> Iterator[Piece]:
    """The sentence cut at its entities; without `gold` they are the gold ones."""
    stop = 0
    for span in spans:
        if span.start > stop:
            yield Piece(" ".join(tokens[stop : span.start]), "", "")
        status = GOLD if gold is None else RIGHT if span in gold else WRONG
        yield Piece(" ".join(tokens[span.start : span.stop]), span.type, status)
        stop = span.stop
    if stop < len(tokens):
        yield Piece(" ".join(tokens[stop:]), "", "")
