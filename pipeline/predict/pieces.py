"""The input and the output of a tagger: texts in pieces, so that no text has to fit into memory."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from razdel import sentenize

from pipeline.text.offsets import Token

LONGEST = 10_000
"""The most characters of a piece. A longer line is cut: razdel takes quadratic time for a line of quotes."""
TAIL = 2_000
"""Characters at the end of a piece among whose sentences the place of the cut is looked for."""
_LINE = re.compile(r".*[\r\n](?=[^\r\n])", re.DOTALL)
_WORD = re.compile(r"(\S+)\s+(?=(\S))")


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
        stop = _find_cut(text, start, start + LONGEST)
        yield Piece(text[start:stop], start, last=False)
        start = stop
    yield Piece(text[start:], start)


def _find_cut(text: str, start: int, stop: int) -> int:
    """Return where to end the piece that begins at `start`: after a line, or else a sentence, or else a word."""
    if match := _LINE.match(text, start, stop):
        return match.end()
    near = max(start, stop - TAIL)
    sentences = [*sentenize(text[near:stop])]
    if len(sentences) > 1:
        return near + sentences[-1].start
    words = _WORD.finditer(text, near, stop)
    *_, end = max(((_rank(word[1], word[2]), word.end()) for word in words), default=(0, stop))
    return end


def _rank(word: str, following: str) -> int:
    """Say how unlikely a name is to go on after a word: 2 after a comma or the like, 1 between words in lower case."""
    return 2 if word[-1] in ",;:)—" else int(word.islower() and following.islower())
