"""Test sentences to look at, with their gold entities and those that the taggers found."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from pipeline.ner.data.bio import Span, bio_spans
from pipeline.ner.scoring.scores import Counts, Floats, Integers, entity_types
from pipeline.ner.scoring.tested import Split, Taggers, describe_seeds
from pipeline.report.pages.blocks import Annotation, Example, Markdown, escape, mark

WRONG, RIGHT = 30, 6
"""Test sentences of each data set that the report shows, with a mistake and without."""


class Mistakes(NamedTuple):
    """Sentences drawn from a test split, and how many there were to draw from."""

    sentences: int
    wrong: int
    """Sentences in which the tagger of any seed missed an entity or made one up."""
    right: int
    """Sentences with entities in which the taggers of all seeds found exactly these."""
    examples: dict[str, list[Example]]
    """By the type of most mistakes of a sentence, in the order of the types; last, by "", those without a mistake."""


def draw_mistakes(split: Split, taggers: Taggers, seed: int) -> Mistakes:
    """Draw at most `WRONG` sentences with a mistake, then `RIGHT` without; `seed` decides, all are equally likely."""
    misses = count_wrong(taggers.counts)  # (sentences,)
    entities = taggers.counts[0].entities[:, 1].sum(1)  # gold ones: (sentences,)
    wrong, right = np.flatnonzero(misses > 0), np.flatnonzero((misses == 0) & (entities > 0))
    random = np.random.default_rng(seed)
    drawn = [*np.sort(random.permutation(wrong)[:WRONG]), *np.sort(random.permutation(right)[:RIGHT])]
    types = entity_types(split.labels)
    examples: dict[str, list[Example]] = {type_: [] for type_ in [*types, ""]}
    by_type = np.sum([_wrong(counts) for counts in taggers.counts], axis=0)  # (sentences, types)
    for index in map(int, drawn):
        about = f"entities missed or made up: {describe_wrong(misses[index])}" if misses[index] else "no mistake"
        annotations = [annotate_gold(split, index), *annotate_predicted(split, taggers, index, "found")]
        type_ = types[int(by_type[index].argmax())] if misses[index] else ""
        examples[type_].append(Example(index + 1, about, annotations))
    shown = {type_: of_type for type_, of_type in examples.items() if of_type}
    return Mistakes(len(split.sentences), len(wrong), len(right), shown)


def count_wrong(counts: Sequence[Counts]) -> Floats:
    """The number of entities missed or made up in each sentence, the mean over seeds: float (sentences,)."""
    return np.mean([_wrong(of_seed).sum(1) for of_seed in counts], axis=0)


def _wrong(counts: Counts) -> Integers:
    """The number of entities of each type missed or made up in each sentence: int64 (sentences, types)."""
    return counts.entities[:, 1] + counts.entities[:, 2] - 2 * counts.entities[:, 0]


def describe_wrong(mean: float) -> str:
    """A mean number of mistakes: 2, or 1.67 where seeds differ."""
    return f"{mean:.2f}".rstrip("0").rstrip(".")


def annotate_gold(split: Split, index: int) -> Annotation:
    """A sentence with its gold entities."""
    sentence = split.sentences[index]
    gold = bio_spans(sentence.tags)
    return Annotation("gold", "", _mark(sentence.tokens, gold, gold))


def annotate_predicted(split: Split, taggers: Taggers, index: int, system: str) -> Iterator[Annotation]:
    """A sentence with the entities that the taggers predicted; taggers that agree share one annotation."""
    sentence = split.sentences[index]
    gold = bio_spans(sentence.tags)
    seeds_by_spans: defaultdict[tuple[Span, ...], list[str]] = defaultdict(list)
    for seed, tags in zip(taggers.seeds, taggers.tags, strict=True):
        labels = [split.labels[tag] for tag in tags[split.tokens(index)].tolist()]
        seeds_by_spans[tuple(bio_spans(labels))].append(seed)
    for spans, seeds in seeds_by_spans.items():
        yield Annotation(system, describe_seeds(seeds), _mark(sentence.tokens, spans, gold))


def _mark(tokens: list[str], spans: Sequence[Span], gold: Sequence[Span]) -> Markdown:
    """The sentence with these entities marked; an entity that is not gold is marked as wrong."""
    pieces, stop = [], 0
    for span in spans:
        pieces += [escape(" ".join(tokens[stop : span.start]))] if span.start > stop else []
        pieces.append(mark(" ".join(tokens[span.start : span.stop]), span.type, span not in gold))
        stop = span.stop
    return Markdown(" ".join([*pieces, *map(escape, tokens[stop:])]))
