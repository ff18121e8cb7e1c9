"""Stage fragments: articles of sentences become articles of fragments, each as much running text as fits."""

from collections.abc import Iterable, Iterator
from functools import partial

from pipeline.errors import UserError
from pipeline.files.shards import Counts, Document, keep_lines
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.text.mapping import mapped_shards
from pipeline.text.whitespace import count_words


def run(paths: Paths, params: Params) -> None:
    """Pack the sentences of `paths.sentences` into fragments, which are written to `paths.fragments`.

    Sentences of more than `fragment_words` of the block `text` are dropped, and no fragment is longer.
    """
    words = params.chosen_scale.text.fragment_words
    pack, settings = partial(pack_document, words), {"fragment_words": words}
    with mapped_shards(pack, paths.sentences, paths.fragments, settings, paths.shards, params.compute) as counts:
        if not counts["fragments"]:
            raise UserError(
                f"{paths.sentences}: each of {counts['sentences_read']} sentences has over {words} "
                "words; raise text.fragment_words in params.yaml or check the news input"
            )


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
    """Return a document of fragments, given one of sentences, without the sentences of more than `words` words.

    Return None if every sentence is longer. The sentences around one that is left out may share a fragment, as
    in the paper, which discards first and packs afterwards.
    """
    sentences = [sentence for sentence in document.lines if count_words(sentence) <= words]
    fragments = [*pack_sentences(sentences, words)]
    words_read, words_kept = sum(map(count_words, document.lines)), sum(map(count_words, fragments))
    counts.update(
        sentences_read=len(document.lines),
        sentences_kept=len(sentences),
        sentences_dropped_long=len(document.lines) - len(sentences),
        fragments=len(fragments),
        words_read=words_read,
        words_kept=words_kept,
        words_dropped_long=words_read - words_kept,
    )
    return keep_lines(document, fragments, counts)
