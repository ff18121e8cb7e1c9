"""Stage sentences: articles of paragraphs to articles of sentences."""

from functools import lru_cache, partial
from pathlib import Path

from pipeline.errors import UserError
from pipeline.files.shards import Counts, Document
from pipeline.provenance.fingerprint import fingerprint
from pipeline.text.mapping import map_shards
from pipeline.text.segmenters import UdpipeSegmenter
from pipeline.text.sentences import split_document
from pipeline.work.finished import keep_finished
from pipeline.work.outputs import fresh_folder
from pipeline.work.workers import Workers


def run(source: Path, target: Path, workers: Workers, model: Path | None = None) -> None:
    """Split every paragraph into sentences: by the UDPipe model in the file `model`, or without one by razdel."""
    with keep_finished(workers.finished, "sentences") as finished, fresh_folder(target) as folder:
        split, settings = split_document, {}
        if model:
            settings = {"model": fingerprint({}, model)}
            split = partial(_split, model.resolve(), settings["model"])
        counts = map_shards(split, source, folder, settings, finished, workers)
        if not counts["sentences"]:
            raise UserError(f"{source}: no sentence in {counts['documents_read']} documents; check the news input")


def _split(model: Path, model_sum: str, document: Document, counts: Counts) -> Document | None:
    return split_document(document, counts, _load(model, model_sum))


@lru_cache(maxsize=1)  # as in stage lemmas: once in each process, by its sum
def _load(model: Path, model_sum: str) -> UdpipeSegmenter:
    return UdpipeSegmenter(model)
