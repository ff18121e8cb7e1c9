"""Test sentences to look at: most with a mistake, some without."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from pipeline.ner.scoring.tested import Split, Taggers
from pipeline.ner.tagging.batches import Indices
from pipeline.report.pages.blocks import Example
from pipeline.report.pages.readings import Reading
from pipeline.report.readings import count_wrong, describe_wrong, read_gold, read_predicted

SYSTEM = "found"


class Mistakes(NamedTuple):
    """Drawn sentences, in the order of the split, and out of how many they are drawn."""

    sentences: int
    wrong: int
    """Sentences in which the tagger of any seed missed an entity or made one up."""
    right: int
    """Sentences with entities, all of which the taggers of all seeds found, and nothing else."""
    examples: list[Example]


def draw_mistakes(split: Split, taggers: Taggers, wrong: int, right: int, seed: int) -> Mistakes:
    """At most this many sentences with and without a mistake; `seed` decides which, all being equally likely."""
    misses = count_wrong(taggers.counts)
    entities = taggers.counts[0].entities[:, 1].sum(1)
    kinds = [(np.flatnonzero(misses > 0), wrong), (np.flatnonzero((misses == 0) & (entities > 0)), right)]
    random = np.random.default_rng(seed)
    drawn = np.concatenate([_draw(random, *kind) for kind in kinds])
    examples = [
        Example(index + 1, _describe(float(misses[index])), list(_read(split, taggers, index)))
        for index in drawn.tolist()
    ]
    return Mistakes(len(split.sentences), len(kinds[0][0]), len(kinds[1][0]), examples)


def _draw(random: np.random.Generator, indices: Indices, most: int) -> Indices:
    return np.sort(random.permutation(indices)[:most])


def _read(split: Split, taggers: Taggers, index: int) -> Iterator[Reading]:
    yield read_gold(split, index)
    yield from read_predicted(split, taggers, index, SYSTEM)


def _describe(misses: float) -> str:
    return f"entities missed or made up: {describe_wrong(misses)}" if misses else "no mistake"
