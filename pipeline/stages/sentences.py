"""Stage sentences: articles of paragraphs to articles of sentences."""

from functools import lru_cache, partial
from pathlib import Path

from pipeline.errors import UserError
from pipeline.files.shards import Counts, Document
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.provenance.fingerprint import fingerprint
from pipeline.text.mapping import map_shards
from pipeline.text.segmenters import UdpipeSegmenter
from pipeline.text.sentences import split_document
from pipeline.work.finished import keep_finished
from pipeline.work.outputs import fresh_folder
from pipeline.work.workers import Workers


def run(paths: Paths, params: Params) -> None:
    """Split every paragraph of `paths.documents` into sentences, which are written to `paths.sentences`.

    `segmenter` in the block `text` says by what: by razdel, or by the UDPipe model in the file `paths.udpipe`.
    """
    workers = Workers(params.compute.jobs, params.compute.backend)
    with keep_finished(paths.shards, "sentences") as finished, fresh_folder(paths.sentences) as folder:
        split, settings = split_document, {}
        if params.chosen_scale.text.segmenter == "udpipe":
            settings = {"model": fingerprint({}, paths.udpipe)}
            split = partial(_split, paths.udpipe.resolve(), settings["model"])
        counts = map_shards(split, paths.documents, folder, settings, finished, workers)
        if not counts["sentences"]:
            raise UserError(
                f"{paths.documents}: no sentence in {counts['documents_read']} documents; check the news input"
            )


def _split(model: Path, model_sum: str, document: Document, counts: Counts) -> Document | None:
    return split_document(document, counts, _load(model, model_sum))


@lru_cache(maxsize=1)  # as in stage lemmas: once in each process, by its sum
def _load(model: Path, model_sum: str) -> UdpipeSegmenter:
    return UdpipeSegmenter(model)
