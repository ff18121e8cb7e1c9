"""Stage fragments: articles of sentences to articles of fragments."""

from functools import partial

from pipeline.errors import UserError
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.text.fragments import pack_document
from pipeline.text.mapping import mapped_shards


def run(paths: Paths, params: Params) -> None:
    """Pack the sentences of `paths.sentences` into fragments, which are written to `paths.fragments`.

    Sentences of more than `fragment_words` of the block `text` are dropped, and no fragment is longer.
    """
    words = params.chosen_scale.text.fragment_words
    pack, settings = partial(pack_document, words), {"fragment_words": words}
    with mapped_shards(pack, paths.sentences, paths.fragments, settings, paths.shards, params.compute) as counts:
        if not counts["fragments"]:
            raise UserError(
                f"{paths.sentences}: each of {counts['sentences_read']} sentences has over {words} "
                "words; raise text.fragment_words in params.yaml or check the news input"
            )
