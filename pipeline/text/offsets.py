"""Raw text to sentences of tokens that know their place.

    '  Он\\u00a0уехал в\\r\\nСанкт-Петербург.'    (2, 4, Он) (5, 10, уехал) (11, 12, в)
                                             (14, 29, Санкт-Петербург) (29, 30, .)

Sentences are razdel's, a paragraph at a time, as those of the corpus are. Tokens are razdel's too, and not UDPipe's:
its borders are those of the NER sets, whose tokens the tagger was trained on, more often (docs/predict.md), and a token
is a piece of the text as it stands, so that neither lower case that is longer (İ) nor white space moves a border.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from razdel import sentenize, tokenize

from pipeline.text.spelling import compose, compose_aligned

LONGEST = 200
"""Tokens of a sentence; the language model has read no longer ones (fragments of at most as many words)."""
_JOINERS = "\u00ad\u200c\u200d\u0300-\u036f\u0483-\u0489\ufe0e\ufe0f"
_JOINED = re.compile(f"[{_JOINERS}]")
"""Soft hyphens, zero-width joiners, accents, variation selectors: part of the word that they stand in or behind."""


class Token(NamedTuple):
    """A piece of a text, `text[start:stop]`; its form is that piece in NFC."""

    start: int
    stop: int
    form: str


def split_text(text: str) -> Iterator[list[Token]]:
    """The sentences of a paragraph or more, none without tokens; every character but white space is in one token.

    A line end is where a paragraph ends. Where a sentence has more than `LONGEST` tokens, another begins.
    """
    for line in re.finditer(r"[^\r\n]+", text):
        composed, places = compose_aligned(line[0])
        for sentence in sentenize(composed):
            yield from _cut(_place(_tokens(sentence.text, sentence.start), places, line))


def split_spaces(text: str) -> Iterator[list[Token]]:
    """The same of a text whose tokens are given: a sentence a line, spaces between tokens; anything else is a token."""
    for line in re.finditer(r"[^\n]+", text.replace("\r\n", " \n")):
        yield from _cut(
            [Token(line.start() + m.start(), line.start() + m.end(), compose(m[0])) for m in _WORD.finditer(line[0])]
        )


_WORD = re.compile(r"[^ ]+")


def _place(tokens: list[Token], places: Sequence[int], line: re.Match[str]) -> list[Token]:
    """Tokens of a line in NFC, at the places they have in the text; of the pieces of one character the last is kept."""
    spans = [(places[token.start], places[token.stop]) for token in tokens]
    offset = line.start()
    return [Token(offset + i, offset + j, compose(line[0][i:j])) for i, j in spans if i < j]


def _tokens(sentence: str, offset: int) -> list[Token]:
    tokens = [Token(offset + token.start, offset + token.stop, token.text) for token in tokenize(sentence)]
    return _join(tokens) if _JOINED.search(sentence) else tokens


def _join(tokens: list[Token]) -> list[Token]:
    """Words whole again that razdel has cut at an accent, a soft hyphen or the like."""
    joined = tokens[:1]
    for before, token in pairwise(tokens):
        if before.stop == token.start and _belongs(before.form, token.form):
            joined[-1] = Token(joined[-1].start, token.stop, joined[-1].form + token.form)
        else:
            joined.append(token)
    return joined


def _belongs(before: str, after: str) -> bool:
    """Whether two pieces side by side are one word: a joiner belongs to what it follows, and a word to its joiner."""
    return bool(_JOINED.match(after)) or bool(
        _JOINED.match(before[-1]) and (after[0].isalnum() or before[-1] == "\u200d")  # the joiner of an emoji
    )


def _cut(tokens: list[Token]) -> Iterator[list[Token]]:
    return (tokens[start : start + LONGEST] for start in range(0, len(tokens), LONGEST))
