"""Stage lowercase: fragments to fragments in lower case."""

from functools import partial
from pathlib import Path

from pipeline.errors import UserError
from pipeline.text.lowercase import lower_document
from pipeline.text.mapping import map_shards
from pipeline.work.finished import keep_finished
from pipeline.work.outputs import fresh_folder
from pipeline.work.workers import Workers


def run(source: Path, target: Path, lowercase: bool, workers: Workers) -> None:
    """Lower-case every line; without `lowercase`, copy it."""
    with keep_finished(workers.finished, "lowercase") as finished, fresh_folder(target) as folder:
        lower = partial(lower_document, lowercase)
        counts = map_shards(lower, source, folder, {"lowercase": lowercase}, finished, workers)
        if not counts["fragments"]:
            raise UserError(f"{source}: no text in these shards; run: dvc repro fragments")
