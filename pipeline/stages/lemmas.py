"""Stage lemmas: fragments to lines of lemmas, or by the protocol of words."""

from functools import lru_cache, partial
from pathlib import Path

from pipeline.errors import UserError
from pipeline.files.shards import Counts, Document
from pipeline.provenance.fingerprint import fingerprint
from pipeline.text.lemmas import lemmatize_document
from pipeline.text.mapping import map_shards
from pipeline.text.udpipe import Lemmatizer, Normalization
from pipeline.work.finished import keep_finished
from pipeline.work.outputs import fresh_folder
from pipeline.work.workers import Workers


def run(source: Path, model: Path, target: Path, normalization: Normalization, workers: Workers) -> None:
    """Take every fragment apart by the UDPipe model in the file `model`, and write what `normalization` asks for."""
    with keep_finished(workers.finished, "lemmas") as finished, fresh_folder(target) as folder:
        model_sum = fingerprint({}, model)
        lemmatize = partial(_lemmatize, model.resolve(), model_sum, normalization)
        settings = {"model": model_sum, **normalization._asdict()}
        counts = map_shards(lemmatize, source, folder, settings, finished, workers)
        if not counts["tokens"]:
            raise UserError(f"{source}: {model} finds no word in it; check the model and the news input")


def _lemmatize(
    model: Path, model_sum: str, normalization: Normalization, document: Document, counts: Counts
) -> Document | None:
    return lemmatize_document(_load(model, model_sum, normalization), document, counts)


@lru_cache(maxsize=1)  # a model is loaded once in each process, and never pickled; by its sum, for it may be replaced
def _load(model: Path, model_sum: str, normalization: Normalization) -> Lemmatizer:
    return Lemmatizer(model, normalization)
