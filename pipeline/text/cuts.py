"""Cuts in text that is too long to be held or processed as a whole.

A paragraph over `PARAGRAPH` characters is cut within its first `PARAGRAPH`: after the last end of a sentence (. ! ? or
…, then white space), failing that at the last white space, failing that inside a word; the first two only if the piece
is longer than `PARAGRAPH / 2`. A document over `DOCUMENT` characters is cut between paragraphs, and its parts are
documents of their own: 37085, 37085.2, 37085.3. All cuts are counted.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain, count

from pipeline.files.shards import Counts, Document

PARAGRAPH = 50_000
"""The longest paragraph, in characters. At worst razdel takes four times as long for twice the text."""
DOCUMENT = 1_000_000
"""The longest document, in characters. A stage holds at least one document of its input and one of its output."""
CUTS = ("document_cuts", "paragraph_cuts", "word_cuts")
"""The keys of counts.json. A cut inside a word also counts as a cut of its paragraph."""

_TO_SENTENCE_END = re.compile(r"(?s:.*)[.!?…]\s")  # greedy: to the last
_TO_SPACE = re.compile(r"(?s:.*)\s")
_PART = re.compile(r"(?<=[0-9])\.[0-9]+\Z")  # the name of a whole document ends with its number


def cut_paragraph(text: str, counts: Counts) -> tuple[str, str]:
    """Return the first piece of a text of more than `PARAGRAPH` characters, and the rest of the text."""
    end = _last(_TO_SENTENCE_END, text) or _last(_TO_SPACE, text) or PARAGRAPH
    in_word = not (text[end - 1].isspace() or text[end].isspace())
    counts.update(paragraph_cuts=1, word_cuts=int(in_word))
    return text[:end], text[end:]


def cut_paragraphs(paragraphs: Iterable[str], counts: Counts) -> Iterator[str]:
    """Yield the paragraphs, the long ones in pieces, all without white space at the ends."""
    for paragraph in paragraphs:
        while len(paragraph) > PARAGRAPH:
            piece, paragraph = cut_paragraph(paragraph, counts)
            yield piece.strip()
        yield paragraph.strip()


def cut_document(name: str, title: str, paragraphs: Iterable[str], counts: Counts) -> Iterator[Document]:
    """Yield one document, or its parts. The paragraphs, none of them empty, are taken one at a time."""
    names = chain([name], (f"{name}.{part}" for part in count(2)))
    lines: list[str] = []
    size = 0
    for paragraph in paragraphs:
        if lines and size + len(paragraph) > DOCUMENT:
            yield Document(next(names), title, lines)
            counts["document_cuts"] += 1
            lines, size = [], 0
        lines.append(paragraph)
        size += len(paragraph)
    if lines:
        yield Document(next(names), title, lines)


def whole_name(name: str) -> str:
    """Return the name of the whole document, given its own name or the name of one of its parts."""
    return _PART.sub("", name)


def _last(pattern: re.Pattern[str], text: str) -> int:
    """Return where the match ends in the second half of the first `PARAGRAPH` characters; 0 if there is none."""
    match = pattern.match(text, PARAGRAPH // 2, PARAGRAPH)
    return match.end() if match else 0
