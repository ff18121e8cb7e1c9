"""Stage lemmas: fragments to lines of lemmas, or by the protocol of words."""

from functools import lru_cache, partial
from pathlib import Path

from pipeline.errors import UserError
from pipeline.files.shards import Counts, Document
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.provenance.fingerprint import fingerprint
from pipeline.text.mapping import mapped_shards
from pipeline.text.spelling import count_stressed
from pipeline.text.udpipe import Lemmatizer, Normalization
from pipeline.text.whitespace import count_words
from pipeline.work.workers import Workers


def run(paths: Paths, params: Params) -> None:
    """Take every line of `paths.lowercase` apart by the UDPipe model `paths.udpipe`; write lines to `paths.lemmas`.

    They are of lemmas or of words, in lower case or not, as `lemmas` and `lowercase` of the protocol say.
    """
    normalization = Normalization(params.protocol.lowercase, params.protocol.lemmas)
    model_sum = fingerprint({}, paths.udpipe)
    lemmatize = partial(_lemmatize, paths.udpipe.resolve(), model_sum, normalization)
    settings = {"model": model_sum, **normalization._asdict()}
    workers = Workers(params.compute.jobs, params.compute.backend)
    with mapped_shards(lemmatize, paths.lowercase, paths.lemmas, settings, paths.shards, workers) as counts:
        if not counts["tokens"]:
            raise UserError(
                f"{paths.lowercase}: {paths.udpipe} finds no word in it; check the model and the news input"
            )


def lemmatize_document(lemmatizer: Lemmatizer, document: Document, counts: Counts) -> Document | None:
    """A line of lemmas for every fragment, joined by single spaces; None where no fragment yields a token.

    Words that lose a stress mark are counted.
    """
    lines = [lemmatizer.lemmatize_text(fragment) for fragment in document.lines]
    words = [*map(count_words, document.lines)]
    filled = [" ".join(lemmas) for lemmas in lines if lemmas]
    counts.update(
        documents_read=1,
        documents_kept=int(bool(filled)),
        documents_dropped_empty=int(not filled),
        fragments_read=len(lines),
        fragments_kept=len(filled),
        fragments_dropped_empty=len(lines) - len(filled),
        words_read=sum(words),
        words_stressed=sum(map(count_stressed, document.lines)),
        words_dropped_empty=sum(number for number, lemmas in zip(words, lines, strict=True) if not lemmas),
        tokens=sum(map(len, lines)),
    )
    return document._replace(lines=filled) if filled else None


def _lemmatize(
    model: Path, model_sum: str, normalization: Normalization, document: Document, counts: Counts
) -> Document | None:
    return lemmatize_document(_load(model, model_sum, normalization), document, counts)


@lru_cache(maxsize=1)  # a model is loaded once in each process, and never pickled; by its sum, for it may be replaced
def _load(model: Path, model_sum: str, normalization: Normalization) -> Lemmatizer:
    return Lemmatizer(model, normalization)
