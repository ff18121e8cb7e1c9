"""A text of any length to pieces that fit into memory, cut where a tagger loses least by it."""

import re
from collections.abc import Iterable, Iterator

from pipeline.predict.pieces import Piece

LONGEST = 10_000
"""Characters of a piece. Only a line that is longer is cut within; razdel takes quadratic time for a line of quotes."""
_CUTS = (
    re.compile(r".*[\r\n](?=[^\r\n])", re.DOTALL),
    re.compile(r".*[.!?…]\s+(?=\S)", re.DOTALL),
    re.compile(r".*\s(?=\S)", re.DOTALL),
)
"""Behind a line, or else behind a sentence, or else behind a word: the last such place."""
_TOKEN_CUTS = (re.compile(r".*\n(?=[^\n])", re.DOTALL), re.compile(r".* (?=[^ ])", re.DOTALL))
"""Where tokens are given: behind a line, or else behind a token, which may have any other space in it."""


def cut(chunks: Iterable[str], tokenised: bool = False) -> Iterator[Piece]:
    """One text, given in chunks of any size, as pieces; none where the text is empty."""
    start, rest = 0, ""
    for chunk in chunks:
        rest, place = rest + chunk, 0
        while len(rest) - place > LONGEST:
            stop = place + _find_cut(rest[place : place + LONGEST], _TOKEN_CUTS if tokenised else _CUTS)
            yield Piece(start + place, rest[place:stop], tokenised)
            place = stop
        start, rest = start + place, rest[place:]
    if rest:
        yield Piece(start, rest, tokenised)


def _find_cut(text: str, places: Iterable[re.Pattern[str]]) -> int:
    """Behind the first of these places that there is, or else anywhere."""
    return next((match.end() for pattern in places if (match := pattern.match(text))), len(text))
