"""Stage sentences: articles of paragraphs to articles of sentences."""

from pathlib import Path

from pipeline.errors import UserError
from pipeline.outputs import fresh_folder
from pipeline.shards import map_shards
from pipeline.text.sentences import split_document


def run(source: Path, target: Path, jobs: int, backend: str) -> None:
    """Split every paragraph into sentences."""
    with fresh_folder(target) as folder:
        counts = map_shards(split_document, source, folder, "sentences", jobs, backend)
        if not counts["sentences"]:
            raise UserError(f"{source}: no sentence in {counts['documents_read']} documents; check the news input")
