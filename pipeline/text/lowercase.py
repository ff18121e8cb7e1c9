"""Text in lower case."""

from pipeline.shards import Counts, Document
from pipeline.text.whitespace import count_words


def lower_document(document: Document, counts: Counts) -> Document:
    """The document with its lines in lower case; words keep their number and place."""
    lines = [line.lower() for line in document.lines]
    counts.update(documents=1, fragments=len(lines), words=sum(map(count_words, lines)))
    return document._replace(lines=lines)
