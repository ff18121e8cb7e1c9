"""Stage lowercase: fragments to fragments in lower case."""

from functools import partial
from pathlib import Path

from pipeline.errors import UserError
from pipeline.outputs import fresh_folder
from pipeline.shards import map_shards
from pipeline.text.lowercase import lower_document


def run(source: Path, target: Path, lowercase: bool, jobs: int, backend: str) -> None:
    """Lower-case every line; without `lowercase`, copy it."""
    with fresh_folder(target) as folder:
        counts = map_shards(partial(lower_document, lowercase), source, folder, "lowercase", jobs, backend)
        if not counts["fragments"]:
            raise UserError(f"{source}: no text in these shards; run: dvc repro fragments")
