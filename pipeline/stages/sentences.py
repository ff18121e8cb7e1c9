"""Stage sentences: articles of paragraphs become articles of sentences."""

from functools import partial

from pipeline.errors import UserError
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.provenance.fingerprint import fingerprint
from pipeline.text.mapping import mapped_shards
from pipeline.text.sentences import UdpipeSegmenter, split_by_razdel, split_document


def run(paths: Paths, params: Params) -> None:
    """Split every paragraph of `paths.documents` into sentences, which are written to `paths.sentences`.

    The block `text` says what splits them: razdel, or the UDPipe model in the file `paths.udpipe`.
    """
    by_model = params.chosen_scale.text.segmenter == "udpipe"
    split = partial(split_document, UdpipeSegmenter(paths.udpipe) if by_model else split_by_razdel)
    settings = {"model": fingerprint({}, paths.udpipe)} if by_model else {}
    with mapped_shards(split, paths.documents, paths.sentences, settings, paths.shards, params.compute) as counts:
        if not counts["sentences"]:
            read = counts["documents_read"]
            raise UserError(f"{paths.documents}: no sentence in {read} documents; check the news input")
