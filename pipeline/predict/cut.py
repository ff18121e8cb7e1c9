"""A text of any length to pieces that fit into memory, cut where a tagger loses least by it."""

import re
from collections.abc import Iterable, Iterator

from pipeline.predict.pieces import Piece

LONGEST = 10_000
"""Characters of a piece. Only a line that is longer is cut within; razdel takes quadratic time for a line of quotes."""
_LINES = re.compile(r"(?<=[\r\n])(?=[^\r\n])")
_CUTS = (re.compile(r".*[.!?…]\s+(?=\S)", re.DOTALL), re.compile(r".*\s(?=\S)", re.DOTALL))
"""Behind a sentence, or else behind a word: the last such place."""


def cut(chunks: Iterable[str], tokenised: bool = False) -> Iterator[Piece]:
    """One text, given in chunks of any size, as pieces; none where the text is empty."""
    start, rest = 0, ""
    for chunk in chunks:
        rest, place = rest + chunk, 0
        while len(rest) - place > LONGEST:
            stop = place + _find_cut(rest[place : place + LONGEST])
            yield Piece(start + place, rest[place:stop], tokenised)
            place = stop
        start, rest = start + place, rest[place:]
    if rest:
        yield Piece(start, rest, tokenised)


def _find_cut(text: str) -> int:
    """Behind the last line that is whole, or else the last sentence, or else the last word; or else anywhere."""
    lines = [match.end() for match in _LINES.finditer(text)]
    if lines:
        return lines[-1]
    return next((match.end() for pattern in _CUTS if (match := pattern.match(text))), len(text))
