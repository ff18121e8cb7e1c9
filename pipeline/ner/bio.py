"""BIO tags and the spans they stand for.

    Москва  ,  столица  России
    B-LOC   O  O        B-LOC

These tags are the spans (0, 1, LOC) and (3, 4, LOC).
"""

from collections.abc import Iterable
from typing import NamedTuple

OUTSIDE = "O"


class Span(NamedTuple):
    """An entity: tokens `start` to `stop`, the latter not included."""

    start: int
    stop: int
    type: str


class Repaired(NamedTuple):
    """Legal BIO, and how many I- became B- and why."""

    tags: list[str]
    orphans: int
    """I- at the start of a sentence or after O."""
    type_changes: int
    """I- after an entity of another type."""


def bio_labels(types: Iterable[str]) -> list[str]:
    """All labels of some entity types, O first: `O B-PER I-PER B-LOC I-LOC`."""
    return [OUTSIDE] + [f"{prefix}-{type_}" for type_ in types for prefix in "BI"]


def tag_type(tag: str) -> str:
    """The entity type of a tag; empty for O."""
    return tag[2:]


def begins(previous: str, tag: str) -> bool:
    """Whether `tag` begins an entity: B-, or an I- that continues nothing (conlleval's rule)."""
    return tag != OUTSIDE and (tag.startswith("B-") or tag_type(previous) != tag_type(tag))


def repair(tags: list[str]) -> Repaired:
    """Make every I- that begins an entity a B-."""
    fixed, orphans, type_changes = [], 0, 0
    previous = OUTSIDE
    for tag in tags:
        wrong = tag.startswith("I-") and begins(previous, tag)
        orphans += wrong and previous == OUTSIDE
        type_changes += wrong and previous != OUTSIDE
        fixed.append("B-" + tag_type(tag) if wrong else tag)
        previous = tag
    return Repaired(fixed, orphans, type_changes)


def bio_spans(tags: list[str]) -> list[Span]:
    """The entities of a sentence in order; an orphan I- begins one, as in conlleval."""
    spans: list[Span] = []
    previous = OUTSIDE
    for index, tag in enumerate(tags):
        if begins(previous, tag):
            spans.append(Span(index, index + 1, tag_type(tag)))
        elif tag != OUTSIDE:
            spans[-1] = spans[-1]._replace(stop=index + 1)
        previous = tag
    return spans
