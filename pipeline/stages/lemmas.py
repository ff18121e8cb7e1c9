"""Stage lemmas: fragments become lines of lemmas or, if the protocol says so, of words."""

from functools import partial

from pipeline.errors import UserError
from pipeline.files.shards import Counts, Document, keep_lines
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.provenance.fingerprint import fingerprint
from pipeline.text.mapping import mapped_shards
from pipeline.text.spelling import count_stressed
from pipeline.text.udpipe import Lemmatizer, Normalization
from pipeline.text.whitespace import count_words


def run(paths: Paths, params: Params) -> None:
    """Split every line of `paths.lowercase` into words by the UDPipe model `paths.udpipe`; write `paths.lemmas`.

    Its lines are of lemmas or of words, in lower case or not, as `lemmas` and `lowercase` of the protocol say.
    """
    normalization = Normalization(params.protocol.lowercase, params.protocol.lemmas)
    lemmatize = partial(lemmatize_document, Lemmatizer(paths.udpipe, normalization))
    settings = {"model": fingerprint({}, paths.udpipe), **normalization._asdict()}
    with mapped_shards(lemmatize, paths.lowercase, paths.lemmas, settings, paths.shards, params.compute) as counts:
        if not counts["tokens"]:
            raise UserError(
                f"{paths.lowercase}: {paths.udpipe} finds no word in it; check the model and the news input"
            )


def lemmatize_document(lemmatizer: Lemmatizer, document: Document, counts: Counts) -> Document | None:
    """Return a line of lemmas, joined by single spaces, for every fragment, or None where no fragment has a token.

    Words that lose a stress mark are counted.
    """
    lines = [lemmatizer.lemmatize_text(fragment) for fragment in document.lines]
    words = [*map(count_words, document.lines)]
    filled = [" ".join(lemmas) for lemmas in lines if lemmas]
    counts.update(
        fragments_read=len(lines),
        fragments_kept=len(filled),
        fragments_dropped_empty=len(lines) - len(filled),
        words_read=sum(words),
        words_stressed=sum(map(count_stressed, document.lines)),
        words_dropped_empty=sum(number for number, lemmas in zip(words, lines, strict=True) if not lemmas),
        tokens=sum(map(len, lines)),
    )
    return keep_lines(document, filled, counts)
