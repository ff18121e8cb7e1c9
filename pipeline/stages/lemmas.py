"""Stage lemmas: lower-case fragments to lines of lemmas."""

from functools import partial
from pathlib import Path

from pipeline.errors import UserError
from pipeline.outputs import fresh_folder
from pipeline.shards import MapDocument, map_shards
from pipeline.text.lemmas import lemmatize_document
from pipeline.text.udpipe import Lemmatizer


def run(source: Path, model: Path, target: Path, jobs: int, backend: str) -> None:
    """Lemmatise every fragment by the UDPipe model in the file `model`."""
    with fresh_folder(target) as folder:
        counts = map_shards(partial(_make, model), source, folder, "lemmas", jobs, backend)
        if not counts["tokens"]:
            raise UserError(f"{source}: {model} finds no word in it; check the model and the news input")


def _make(model: Path) -> MapDocument:
    return partial(lemmatize_document, Lemmatizer(model))
