"""Sentences to fragments: as much running text as fits."""

from collections.abc import Iterable, Iterator

from pipeline.files.shards import Counts, Document
from pipeline.text.whitespace import count_words


def pack_sentences(sentences: Iterable[str], words: int) -> Iterator[str]:
    """Join consecutive sentences, greedily, into fragments of at most `words` words; none may be longer."""
    fragment: list[str] = []
    room = words
    for sentence in sentences:
        length = count_words(sentence)
        if length > room and fragment:
            yield " ".join(fragment)
            fragment, room = [], words
        fragment.append(sentence)
        room -= length
    if fragment:
        yield " ".join(fragment)


def pack_document(words: int, document: Document, counts: Counts) -> Document | None:
    """A document of fragments from a document of sentences, without the sentences over `words` words.

    None where every sentence is longer. The sentences around one that is left out may share a fragment, as in
    the paper, which discards first and packs afterwards.
    """
    sentences = [sentence for sentence in document.lines if count_words(sentence) <= words]
    fragments = [*pack_sentences(sentences, words)]
    words_read, words_kept = sum(map(count_words, document.lines)), sum(map(count_words, fragments))
    counts.update(
        documents_read=1,
        documents_kept=int(bool(fragments)),
        documents_dropped_empty=int(not fragments),
        sentences_read=len(document.lines),
        sentences_kept=len(sentences),
        sentences_dropped_long=len(document.lines) - len(sentences),
        fragments=len(fragments),
        words_read=words_read,
        words_kept=words_kept,
        words_dropped_long=words_read - words_kept,
    )
    return document._replace(lines=fragments) if fragments else None
