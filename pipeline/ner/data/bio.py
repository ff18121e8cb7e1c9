"""BIO tags and the spans they stand for.

    Москва  ,  столица  России
    B-LOC   O  O        B-LOC

These tags are the spans (0, 1, LOC) and (3, 4, LOC). Files write the same spans in several schemes. This module reads
all of them, and everything else works with BIO:

    scheme   Нижний  Новгород  Тверь
    BIO      B-LOC   I-LOC     B-LOC
    IOB1     I-LOC   I-LOC     B-LOC    B- only where an entity follows another of its type
    IOBES    B-LOC   E-LOC     S-LOC
    BILOU    B-LOC   L-LOC     U-LOC
    BMES     B-LOC   E-LOC     S-LOC    M- inside
    BMEWO    B-LOC   E-LOC     W-LOC    M- inside
"""

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from pipeline.errors import UserError

OUTSIDE = "O"
LONGEST_TYPE = 100
OPENING = "BSUW"
"""First letters of tags that begin an entity, whatever precedes them."""
CLOSING = "ESLUW"
"""First letters of tags that end an entity, whatever follows them."""
LETTERS = {"IOBES": "BIES", "BILOU": "BILU", "BMES": "BMES", "BMEWO": "BMEW"}
"""First letters of tags in the schemes that have more letters than B and I."""


class Span(NamedTuple):
    """An entity: the tokens from `start` up to `stop`, which is not included."""

    start: int
    stop: int
    type: str


class Repaired(NamedTuple):
    """Legal BIO, and how many faulty tags of each kind became B-."""

    tags: list[str]
    orphans: int
    """I- at the start of a sentence or after O."""
    type_changes: int
    """I- after an entity of another type, or after the last token of one."""


def is_label(text: str) -> bool:
    """Whether the text is O, or a scheme's letter, a hyphen and the name of a type."""
    return text == OUTSIDE or (text[:1] in set("BIESLUMW") and text[1:2] == "-" and is_type(text[2:]))


def is_type(text: str) -> bool:
    """Whether a type may have this name: one printable word other than O, without `|`, which separates labels."""
    return 0 < len(text) <= LONGEST_TYPE and text.isprintable() and text != OUTSIDE and not set(" |") & set(text)


def bio_labels(types: Iterable[str]) -> list[str]:
    """Return all labels of the entity types, O first: `O B-PER I-PER B-LOC I-LOC`."""
    return [OUTSIDE] + [f"{prefix}-{type_}" for type_ in types for prefix in "BI"]


def tag_type(tag: str) -> str:
    """Return the entity type of a tag; it is empty for O."""
    return tag[2:]


def begins(previous: str, tag: str) -> bool:
    """Whether `tag` begins an entity: B- or, as in conlleval, an I- that continues none; likewise in other schemes."""
    return tag != OUTSIDE and (tag[0] in OPENING or previous[0] in CLOSING or tag_type(previous) != tag_type(tag))


def find_scheme(source: str, sentences: Iterable[list[str]]) -> str:
    """Return the scheme of the tags of a set; a `UserError` names the source if no scheme has all their first letters.

    Tags with no letters but B and I are in IOB1 if some entity begins with I-, and if B- only ever follows an entity of
    its type. In BIO, faults included, most entities begin with B-.
    """
    letters: set[str] = set()
    has_orphan = has_first_b = False
    for tags in sentences:
        for previous, tag in pairwise([OUTSIDE, *tags]):
            if tag != OUTSIDE:
                letters.add(tag[0])
                has_orphan |= tag[0] == "I" and begins(previous, tag)
                has_first_b |= tag[0] == "B" and tag_type(previous) != tag_type(tag)
    if letters <= set("BI"):
        return "IOB1" if has_orphan and not has_first_b else "BIO"
    for scheme, allowed in LETTERS.items():
        if letters <= set(allowed):
            return scheme
    schemes = ", ".join(f"{allowed} ({scheme})" for scheme, allowed in LETTERS.items())
    fault = f"found labels that begin with {', '.join(sorted(letters))}"
    raise UserError(f"{source}: {fault}, expected those of one scheme: BI (BIO, IOB1), {schemes}")


def repair(tags: list[str]) -> Repaired:
    """Put tags of any scheme into BIO, in which every tag that begins an entity is a B-."""
    fixed, orphans, type_changes = [], 0, 0
    previous = OUTSIDE
    for tag in tags:
        start = begins(previous, tag)
        wrong = start and tag[0] not in OPENING
        orphans += wrong and previous == OUTSIDE
        type_changes += wrong and previous != OUTSIDE
        fixed.append(tag if tag == OUTSIDE else f"{'B' if start else 'I'}-{tag_type(tag)}")
        previous = tag
    return Repaired(fixed, orphans, type_changes)


def bio_spans(tags: list[str]) -> list[Span]:
    """Return the entities of a sentence in order, in any scheme; an orphan I- begins one, as in conlleval."""
    spans: list[Span] = []
    previous = OUTSIDE
    for index, tag in enumerate(tags):
        if begins(previous, tag):
            spans.append(Span(index, index + 1, tag_type(tag)))
        elif tag != OUTSIDE:
            spans[-1] = spans[-1]._replace(stop=index + 1)
        previous = tag
    return spans
