"""Stage sentences: articles of paragraphs to articles of sentences."""

from pathlib import Path

from pipeline.errors import UserError
from pipeline.finished import keep_finished
from pipeline.mapping import map_shards
from pipeline.outputs import fresh_folder
from pipeline.text.sentences import split_document
from pipeline.workers import Workers


def run(source: Path, target: Path, workers: Workers) -> None:
    """Split every paragraph into sentences."""
    with keep_finished(workers.finished, "sentences") as finished, fresh_folder(target) as folder:
        counts = map_shards(split_document, source, folder, {}, finished, workers)
        if not counts["sentences"]:
            raise UserError(f"{source}: no sentence in {counts['documents_read']} documents; check the news input")
