"""Text in lower case, unless the protocol keeps the case."""

from pipeline.files.shards import Counts, Document
from pipeline.text.whitespace import count_words


def lower_document(lowercase: bool, document: Document, counts: Counts) -> Document:
    """The document with its lines in lower case, or without `lowercase` as they are; words keep number and place."""
    lines = [line.lower() for line in document.lines] if lowercase else document.lines
    words_read, words = (sum(map(count_words, text)) for text in (document.lines, lines))
    counts.update(documents=1, fragments=len(lines), words_read=words_read, words=words)
    return document._replace(lines=lines)
