"""What goes into a tagger and what comes out of it: texts in pieces, so that none has to fit into memory."""

from typing import NamedTuple

from pipeline.predict.span import Span
from pipeline.text.offsets import Token


class Piece(NamedTuple):
    """A part of a text, paragraphs as a rule; the pieces of a text, one after the other, are the text."""

    start: int
    """Where it begins in its text, in characters."""
    text: str
    tokenised: bool = False
    """Tokens are given: a sentence a line, spaces between them."""


class End(NamedTuple):
    """A text ends: the pieces since the last one, if any, are all of it."""


class Bad(NamedTuple):
    """In the place of a text that could not be read."""

    message: str
    """One line, with its place in the input."""


class Tagged(NamedTuple):
    """A piece with what was found in it."""

    piece: Piece
    sentences: list[list[Token]]
    """Places are counted in the piece."""
    spans: list[Span]
    """In order; places are counted in the text."""


Input = Piece | End | Bad
Output = Tagged | End | Bad
