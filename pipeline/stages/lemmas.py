"""Stage lemmas: fragments to lines of lemmas, or by the protocol of words."""

from functools import cache, partial
from pathlib import Path

from pipeline.errors import UserError
from pipeline.outputs import fresh_folder
from pipeline.shards import Counts, Document, map_shards
from pipeline.text.lemmas import lemmatize_document
from pipeline.text.udpipe import Lemmatizer, Normalization


def run(source: Path, model: Path, target: Path, normalization: Normalization, jobs: int, backend: str) -> None:
    """Take every fragment apart by the UDPipe model in the file `model`, and write what `normalization` asks for."""
    with fresh_folder(target) as folder:
        counts = map_shards(partial(_lemmatize, model, normalization), source, folder, "lemmas", jobs, backend)
        if not counts["tokens"]:
            raise UserError(f"{source}: {model} finds no word in it; check the model and the news input")


def _lemmatize(model: Path, normalization: Normalization, document: Document, counts: Counts) -> Document | None:
    return lemmatize_document(_load(model, normalization), document, counts)


@cache  # a model is loaded once in each process, and never pickled
def _load(model: Path, normalization: Normalization) -> Lemmatizer:
    return Lemmatizer(model, normalization)
