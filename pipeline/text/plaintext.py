"""Plain text: documents separated by an empty line, a paragraph a line.

Погиб охотник на крокодилов Стив Ирвин
Известный австралийский натуралист погиб от укола ската.

Мэр Москвы назвал состав нового правительства
"""

from collections.abc import Iterator
from pathlib import Path

from pipeline.shards import Counts, Document
from pipeline.text.reading import read_lines
from pipeline.text.whitespace import fold


def read_plaintext(path: Path, counts: Counts) -> Iterator[Document]:
    """Stream the documents of a UTF-8 text, compressed or not.

    Ids are `<file stem>:<number from 1>`, titles are empty.
    """
    stem = fold(Path(path.name.removesuffix(".gz").removesuffix(".bz2")).stem)
    for number, paragraphs in enumerate(_groups(read_lines(path)), start=1):
        counts["documents_read"] += 1
        yield Document(f"{stem}:{number}", "", paragraphs)


def _groups(lines: Iterator[str]) -> Iterator[list[str]]:
    """Runs of lines that are not blank, folded."""
    group: list[str] = []
    for line in map(fold, lines):
        if line:
            group.append(line)
        elif group:
            yield group
            group = []
    if group:
        yield group
