"""Stage lemmas: fragments to lines of lemmas, or by the protocol of words."""

from functools import lru_cache, partial
from pathlib import Path

from pipeline.errors import UserError
from pipeline.files.shards import Counts, Document
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.provenance.fingerprint import fingerprint
from pipeline.text.lemmas import lemmatize_document
from pipeline.text.mapping import map_shards
from pipeline.text.udpipe import Lemmatizer, Normalization
from pipeline.work.finished import keep_finished
from pipeline.work.outputs import fresh_folder
from pipeline.work.workers import Workers


def run(paths: Paths, params: Params) -> None:
    """Take every line of `paths.lowercase` apart by the UDPipe model `paths.udpipe`; write lines to `paths.lemmas`.

    They are of lemmas or of words, in lower case or not, as `lemmas` and `lowercase` of the protocol say.
    """
    normalization = Normalization(params.protocol.lowercase, params.protocol.lemmas)
    workers = Workers(params.compute.jobs, params.compute.backend)
    with keep_finished(paths.shards, "lemmas") as finished, fresh_folder(paths.lemmas) as folder:
        model_sum = fingerprint({}, paths.udpipe)
        lemmatize = partial(_lemmatize, paths.udpipe.resolve(), model_sum, normalization)
        settings = {"model": model_sum, **normalization._asdict()}
        counts = map_shards(lemmatize, paths.lowercase, folder, settings, finished, workers)
        if not counts["tokens"]:
            raise UserError(
                f"{paths.lowercase}: {paths.udpipe} finds no word in it; check the model and the news input"
            )


def _lemmatize(
    model: Path, model_sum: str, normalization: Normalization, document: Document, counts: Counts
) -> Document | None:
    return lemmatize_document(_load(model, model_sum, normalization), document, counts)


@lru_cache(maxsize=1)  # a model is loaded once in each process, and never pickled; by its sum, for it may be replaced
def _load(model: Path, model_sum: str, normalization: Normalization) -> Lemmatizer:
    return Lemmatizer(model, normalization)
