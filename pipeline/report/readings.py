"""Test sentences with the entities that gold and the taggers have in them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from pipeline.ner.data.bio import Span, bio_spans
from pipeline.ner.scoring.scores import Counts, Floats
from pipeline.ner.scoring.tested import Split, Taggers, describe_seeds
from pipeline.ner.tagging.batches import Indices
from pipeline.report.pages.readings import GOLD, RIGHT, WRONG, Piece, Reading


def count_wrong(counts: Sequence[Counts]) -> Floats:
    """Entities missed and made up in each sentence, means over seeds, (sentences,)."""
    per_seed = [(c.entities[:, 1] + c.entities[:, 2] - 2 * c.entities[:, 0]).sum(1) for c in counts]
    return np.mean(per_seed, axis=0)


def read_gold(split: Split, index: int) -> Reading:
    """A sentence with its gold entities."""
    sentence = split.sentences[index]
    return Reading(GOLD, "", list(_pieces(sentence.tokens, bio_spans(sentence.tags), None)))


def read_predicted(split: Split, taggers: Taggers, index: int, system: str) -> Iterator[Reading]:
    """The same with the entities that the taggers found; those who agree are one reading."""
    sentence = split.sentences[index]
    gold = bio_spans(sentence.tags)
    for spans, seeds in _group(split, taggers, index).items():
        yield Reading(system, describe_seeds(seeds), list(_pieces(sentence.tokens, list(spans), gold)))


def describe_wrong(mean: float) -> str:
    """2, or 1.67 where seeds differ."""
    return f"{mean:.2f}".rstrip("0").rstrip(".")


def _group(split: Split, taggers: Taggers, index: int) -> dict[tuple[Span, ...], list[str]]:
    """The seeds by the entities they found."""
    groups: defaultdict[tuple[Span, ...], list[str]] = defaultdict(list)
    for seed, tags in zip(taggers.seeds, taggers.tags, strict=True):
        groups[tuple(bio_spans(_names(split, tags[split.tokens(index)])))].append(seed)
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
