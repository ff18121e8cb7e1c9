"""The input and the output of a tagger: texts in pieces, so that no text has to fit into memory."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from pipeline.text.offsets import Token

LONGEST = 10_000
"""The most characters of a piece. A longer line is cut: razdel takes quadratic time for a line of quotes."""
_CUTS = (
    re.compile(r".*[\r\n](?=[^\r\n])", re.DOTALL),
    re.compile(r".*[.!?…]\s+(?=\S)", re.DOTALL),
    re.compile(r".*\s(?=\S)", re.DOTALL),
)
"""Where to cut: after the last line, or else after the last sentence, or else after the last word."""


@dataclass(frozen=True, slots=True)
class Span:
    """An entity: `text` is the part of the text from character `start` to `stop`, `stop` not included."""

    start: int
    stop: int
    type: str
    confidence: float
    """The calibrated probability, 0 to 1, that these borders and this type are right."""
    text: str
    normal: str | None = field(default=None, repr=False)
    """The name in the nominative, if normal forms were asked for."""
    tagger: str | None = field(default=None, repr=False)
    """Which tagger has found it, if several were asked."""


class Piece(NamedTuple):
    """A part of a text, by default all of it; joined in order, the pieces of a text are the text."""

    text: str
    start: int = 0
    """The character of its text at which it begins: 0 for the first piece only."""
    last: bool = True
    """Whether the text ends with it; the last piece may be empty."""
    tokenised: bool = False
    """Whether tokens are given: one sentence a line, with spaces between its tokens."""
    fault: str = ""
    """Why the text could not be read, one line with its place in the input; `text` is then empty."""


class Tagged(NamedTuple):
    """A piece with its sentences and its entities."""

    piece: Piece
    sentences: list[list[Token]]
    """The sentences' tokens, with offsets in the piece."""
    spans: list[Span]
    """The entities in order, with offsets in the text."""


def cut(text: str) -> Iterator[Piece]:
    """Cut a text into pieces of at most `LONGEST` characters at the places where a tagger loses least."""
    start = 0
    while start + LONGEST < len(text):
        ends = (match.end() for pattern in _CUTS if (match := pattern.match(text, start, start + LONGEST)))
        stop = next(ends, start + LONGEST)
        yield Piece(text[start:stop], start, last=False)
        start = stop
    yield Piece(text[start:], start)
