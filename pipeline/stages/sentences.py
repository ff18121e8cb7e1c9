"""Stage sentences: articles of paragraphs to articles of sentences."""

from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from pipeline.errors import UserError
from pipeline.files.shards import Counts, Document
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.provenance.fingerprint import fingerprint
from pipeline.text.mapping import MapDocument, mapped_shards
from pipeline.text.sentences import UdpipeSegmenter, split_document
from pipeline.work.workers import Workers


def run(paths: Paths, params: Params) -> None:
    """Split every paragraph of `paths.documents` into sentences, which are written to `paths.sentences`.

    `segmenter` in the block `text` says by what: by razdel, or by the UDPipe model in the file `paths.udpipe`.
    """
    split: MapDocument = split_document
    settings: dict[str, Any] = {}
    if params.chosen_scale.text.segmenter == "udpipe":
        settings = {"model": fingerprint({}, paths.udpipe)}
        split = partial(_split, paths.udpipe.resolve(), settings["model"])
    workers = Workers(params.compute.jobs, params.compute.backend)
    with mapped_shards(split, paths.documents, paths.sentences, settings, paths.shards, workers) as counts:
        if not counts["sentences"]:
            read = counts["documents_read"]
            raise UserError(f"{paths.documents}: no sentence in {read} documents; check the news input")


def _split(model: Path, model_sum: str, document: Document, counts: Counts) -> Document | None:
    return split_document(document, counts, _load(model, model_sum))


@lru_cache(maxsize=1)  # as in stage lemmas: once in each process, by its sum
def _load(model: Path, model_sum: str) -> UdpipeSegmenter:
    return UdpipeSegmenter(model)
