"""Paragraphs to sentences."""

from pipeline.files.shards import Counts, Document
from pipeline.text.segmenters import Segmenter, split_by_razdel
from pipeline.text.whitespace import count_words, fold


def split_sentences(paragraph: str, segmenter: Segmenter = split_by_razdel) -> list[str]:
    """The sentences of one paragraph, folded."""
    sentences = map(fold, segmenter(paragraph))
    return [sentence for sentence in sentences if sentence]


def split_document(document: Document, counts: Counts, segmenter: Segmenter = split_by_razdel) -> Document | None:
    """A document of sentences from a document of paragraphs, or None where there is no sentence."""
    sentences = [sentence for paragraph in document.lines for sentence in split_sentences(paragraph, segmenter)]
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
