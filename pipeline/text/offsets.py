"""Raw text is split into sentences of tokens that know their position.

    '  Он\\u00a0уехал в\\r\\nСанкт-Петербург.'    (2, 4, Он) (5, 10, уехал) (11, 12, в)
                                             (14, 29, Санкт-Петербург) (29, 30, .)

razdel splits each paragraph into sentences, as it does for the corpus. It also finds the tokens, because its borders
agree with the NER sets, on which the tagger was trained, more often than UDPipe's do (docs/predict.md). A token is a
piece of the raw text, so that neither a letter that is longer in lower case (İ) nor white space moves a border.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from razdel import sentenize, tokenize

from pipeline.text.spelling import compose, compose_aligned

_JOINERS = "\u00ad\u200c\u200d\u0300-\u036f\u0483-\u0489\ufe0e\ufe0f"
_JOINED = re.compile(f"[{_JOINERS}]")
"""Soft hyphens, zero-width joiners, accents and variation selectors belong to the word that they are in or follow."""


class Token(NamedTuple):
    """A piece of a text, `text[start:stop]`; its form is that piece in NFC."""

    start: int
    stop: int
    form: str


def split_text(text: str) -> Iterator[list[Token]]:
    """Yield the sentences of a text, none without tokens; every character except white space is in one token.

    A paragraph ends at a line end.
    """
    for line in re.finditer(r"[^\r\n]+", text):
        composed, positions = compose_aligned(line[0])
        for sentence in sentenize(composed):
            tokens = [Token(token.start, token.stop, token.text) for token in tokenize(sentence.text)]
            tokens = _join(tokens) if _JOINED.search(sentence.text) else tokens
            # positions in the raw line; where several tokens come from one character of it, the last one stays
            offset = sentence.start
            spans = ((positions[offset + token.start], positions[offset + token.stop]) for token in tokens)
            if found := [_token(line, *span) for span in spans if span[0] < span[1]]:
                yield found


def split_spaces(text: str) -> Iterator[list[Token]]:
    """Yield the sentences of a text whose tokens are given: each line is a sentence, and spaces separate tokens."""
    for line in re.finditer(r"[^\n]+", text.replace("\r\n", " \n")):
        if words := [_token(line, *word.span()) for word in re.finditer(r"[^ ]+", line[0])]:
            yield words


def _token(line: re.Match[str], start: int, stop: int) -> Token:
    """Return a piece of a line, with its position in the text."""
    return Token(line.start() + start, line.start() + stop, compose(line[0][start:stop]))


def _join(tokens: list[Token]) -> list[Token]:
    """Join the words that razdel has cut at an accent, a soft hyphen or the like.

    A joiner belongs to what it follows, and a word to the joiner before it; U+200D also joins emojis.
    """
    joined = tokens[:1]
    for before, token in pairwise(tokens):
        last, first = before.form[-1], token.form[0]
        belongs = _JOINED.match(first) or (_JOINED.match(last) and (first.isalnum() or last == "\u200d"))
        if before.stop == token.start and belongs:
            joined[-1] = Token(joined[-1].start, token.stop, joined[-1].form + token.form)
        else:
            joined.append(token)
    return joined
