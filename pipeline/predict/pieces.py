"""What goes into a tagger and what comes out of it: texts in pieces, so that none has to fit into memory."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.text.offsets import Token

LONGEST = 10_000
"""Characters of a piece. Only a line that is longer is cut within; razdel takes quadratic time for a line of quotes."""
_CUTS = (
    re.compile(r".*[\r\n](?=[^\r\n])", re.DOTALL),
    re.compile(r".*[.!?…]\s+(?=\S)", re.DOTALL),
    re.compile(r".*\s(?=\S)", re.DOTALL),
)
"""The last end of a line, or else of a sentence, or else of a word."""


@dataclass(frozen=True, slots=True)
class Span:
    """An entity: `text` is the piece of the text from character `start` to `stop`, the latter not included."""

    start: int
    stop: int
    type: str
    confidence: float
    """The calibrated probability, 0 to 1, that these borders and this type are right."""
    text: str


class Piece(NamedTuple):
    """A part of a text; the pieces of a text, one after the other, are the text. By default it is all of it."""

    text: str
    start: int = 0
    """Where it begins in its text, in characters: 0 of the first piece and of no other."""
    last: bool = True
    """The text ends with it; an empty piece may say so."""
    tokenised: bool = False
    """Tokens are given: a sentence a line, spaces between them."""
    fault: str = ""
    """Why the text could not be read, in one line with its place in the input; `text` is empty then."""


class Tagged(NamedTuple):
    """A piece with its sentences and its entities."""

    piece: Piece
    sentences: list[list[Token]]
    """Places are counted in the piece."""
    spans: list[Span]
    """In order; places are counted in the text."""


def cut(text: str) -> Iterator[Piece]:
    """A text in pieces of at most `LONGEST` characters, cut where a tagger loses least by it."""
    start = 0
    while start + LONGEST < len(text):
        ends = (match.end() for pattern in _CUTS if (match := pattern.match(text, start, start + LONGEST)))
        stop = next(ends, start + LONGEST)
        yield Piece(text[start:stop], start, last=False)
        start = stop
    yield Piece(text[start:], start)
