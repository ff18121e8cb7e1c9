"""Stage fragments: articles of sentences to articles of fragments."""

from functools import partial
from pathlib import Path

from pipeline.errors import UserError
from pipeline.text.fragments import pack_document
from pipeline.text.mapping import map_shards
from pipeline.text.settings import TextSettings
from pipeline.work.finished import keep_finished
from pipeline.work.outputs import fresh_folder
from pipeline.work.workers import Workers


def run(source: Path, target: Path, settings: TextSettings, workers: Workers) -> None:
    """Drop the sentences that are too long and pack the others into fragments."""
    words = settings.fragment_words
    with keep_finished(workers.finished, "fragments") as finished, fresh_folder(target) as folder:
        pack = partial(pack_document, words)
        counts = map_shards(pack, source, folder, {"fragment_words": words}, finished, workers)
        if not counts["fragments"]:
            raise UserError(
                f"{source}: each of {counts['sentences_read']} sentences has over {words} "
                "words; raise text.fragment_words in params.yaml or check the news input"
            )
