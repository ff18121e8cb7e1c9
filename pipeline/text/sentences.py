"""Paragraphs to sentences."""

from razdel import sentenize

from pipeline.shards import Counts, Document
from pipeline.text.whitespace import count_words, fold


def split_sentences(paragraph: str) -> list[str]:
    """The sentences of one paragraph, folded.

    razdel never ends a sentence at a line break, so a heading without a full stop must not share a paragraph.
    """
    sentences = (fold(substring.text) for substring in sentenize(paragraph))
    return [sentence for sentence in sentences if sentence]


def split_document(document: Document, counts: Counts) -> Document | None:
    """A document of sentences from a document of paragraphs, or None where there is no sentence."""
    sentences = [sentence for paragraph in document.lines for sentence in split_sentences(paragraph)]
    kept = int(bool(sentences))
    counts.update(
        documents_read=1,
        documents_kept=kept,
        documents_dropped_empty=1 - kept,
        paragraphs_read=len(document.lines),
        sentences=len(sentences),
        words_read=sum(map(count_words, document.lines)),
        words=sum(map(count_words, sentences)),
    )
    return document._replace(lines=sentences) if kept else None
