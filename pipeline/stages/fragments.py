"""Stage fragments: articles of sentences to articles of fragments."""

from functools import partial
from pathlib import Path

from pipeline.errors import UserError
from pipeline.outputs import fresh_folder
from pipeline.shards import map_shards
from pipeline.text.fragments import pack_document
from pipeline.text.settings import TextSettings


def run(source: Path, target: Path, settings: TextSettings, jobs: int, backend: str) -> None:
    """Drop the sentences that are too long and pack the others into fragments."""
    with fresh_folder(target) as folder:
        pack = partial(pack_document, settings.fragment_words)
        counts = map_shards(pack, source, folder, "fragments", jobs, backend)
        if not counts["fragments"]:
            raise UserError(
                f"{source}: each of {counts['sentences_read']} sentences has over {settings.fragment_words} "
                "words; raise text.fragment_words in params.yaml or check the news input"
            )
