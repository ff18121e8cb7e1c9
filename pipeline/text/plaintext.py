"""Plain text: an empty line separates documents, and each line is a paragraph.

Погиб охотник на крокодилов Стив Ирвин
Известный австралийский натуралист погиб от укола ската.

Мэр Москвы назвал состав нового правительства
"""

from collections.abc import Iterable, Iterator
from itertools import chain, groupby
from pathlib import Path

from pipeline.files.shards import Counts, Document
from pipeline.files.utf8 import InvalidUtf8
from pipeline.text.cuts import CUTS, PARAGRAPH, cut_document, cut_paragraph
from pipeline.text.reading import read_text, stem
from pipeline.text.whitespace import count_words, fold


def read_plaintext(path: Path, counts: Counts, policy: InvalidUtf8 = "error") -> Iterator[Document]:
    """Yield the documents of a UTF-8 text, compressed or not; only LF and CR LF end a line.

    Ids are `<file stem>:<number from 1>`, titles are empty. What is too long is cut, see `pipeline.text.cuts`; memory
    holds a chunk of the file and one document.
    """
    counts.update(dict.fromkeys(CUTS, 0))
    prefix = stem(path)
    paragraphs = _read_paragraphs(read_text(path, policy, counts), counts)
    groups = (group for filled, group in groupby(paragraphs, key=bool) if filled)
    for number, group in enumerate(groups, start=1):
        for document in cut_document(f"{prefix}:{number}", "", group, counts):
            counts["documents_read"] += 1
            yield document


def _read_paragraphs(chunks: Iterable[str], counts: Counts) -> Iterator[str]:
    """Yield the folded paragraphs, an empty one for each blank line, and count their words."""
    blank = True
    for piece, ends_line in _split(chunks, counts):
        paragraph = fold(piece)
        counts["words_read"] += count_words(paragraph)
        blank = blank and not paragraph
        if paragraph or (ends_line and blank):
            yield paragraph
        blank = blank or ends_line


def _split(chunks: Iterable[str], counts: Counts) -> Iterator[tuple[str, bool]]:
    """Yield every line in one piece, or in several if it is long, and whether a piece is the last of its line."""
    rest = ""
    for chunk in chain(chunks, ["\n"]):
        lines = (rest + chunk).split("\n")
        for number, rest in enumerate(lines, 1):
            while len(rest) > PARAGRAPH:
                piece, rest = cut_paragraph(rest, counts)
                yield piece, False
            if number < len(lines):
                yield rest, True
