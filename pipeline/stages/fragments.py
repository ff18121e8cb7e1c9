"""Stage fragments: articles of sentences to articles of fragments."""

from functools import partial

from pipeline.errors import UserError
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.text.fragments import pack_document
from pipeline.text.mapping import map_shards
from pipeline.work.finished import keep_finished
from pipeline.work.outputs import fresh_folder
from pipeline.work.workers import Workers


def run(paths: Paths, params: Params) -> None:
    """Pack the sentences of `paths.sentences` into fragments, which are written to `paths.fragments`.

    Sentences of more than `fragment_words` of the block `text` are dropped, and no fragment is longer.
    """
    words = params.chosen_scale.text.fragment_words
    workers = Workers(params.compute.jobs, params.compute.backend)
    with keep_finished(paths.shards, "fragments") as finished, fresh_folder(paths.fragments) as folder:
        pack = partial(pack_document, words)
        counts = map_shards(pack, paths.sentences, folder, {"fragment_words": words}, finished, workers)
        if not counts["fragments"]:
            raise UserError(
                f"{paths.sentences}: each of {counts['sentences_read']} sentences has over {words} "
                "words; raise text.fragment_words in params.yaml or check the news input"
            )
