"""Fragments to lines of lemmas, or of words."""

from pipeline.files.shards import Counts, Document
from pipeline.text.spelling import count_stressed
from pipeline.text.udpipe import Lemmatizer
from pipeline.text.whitespace import count_words


def lemmatize_document(lemmatizer: Lemmatizer, document: Document, counts: Counts) -> Document | None:
    """A line of lemmas for every fragment, joined by single spaces; None where no fragment yields a token.

    Words that lose a stress mark are counted.
    """
    lines = [lemmatizer.lemmatize_text(fragment) for fragment in document.lines]
    kept = [" ".join(lemmas) for lemmas in lines if lemmas]
    counts.update(
        documents_read=1,
        documents_kept=int(bool(kept)),
        documents_dropped_empty=int(not kept),
        fragments_read=len(lines),
        fragments_kept=len(kept),
        fragments_dropped_empty=len(lines) - len(kept),
        words_read=sum(map(count_words, document.lines)),
        words_stressed=sum(map(count_stressed, document.lines)),
        words_dropped_empty=sum(
            count_words(fragment) for fragment, lemmas in zip(document.lines, lines, strict=True) if not lemmas
        ),
        tokens=sum(map(len, lines)),
    )
    return document._replace(lines=kept) if kept else None
