"""Stage lowercase: fragments to fragments in lower case."""

from functools import partial

from pipeline.errors import UserError
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.text.lowercase import lower_document
from pipeline.text.mapping import map_shards
from pipeline.work.finished import keep_finished
from pipeline.work.outputs import fresh_folder
from pipeline.work.workers import Workers


def run(paths: Paths, params: Params) -> None:
    """Write every line of `paths.fragments` to `paths.lowercase`: in lower case, if the protocol says `lowercase`."""
    lowercase = params.protocol.lowercase
    workers = Workers(params.compute.jobs, params.compute.backend)
    with keep_finished(paths.shards, "lowercase") as finished, fresh_folder(paths.lowercase) as folder:
        lower = partial(lower_document, lowercase)
        counts = map_shards(lower, paths.fragments, folder, {"lowercase": lowercase}, finished, workers)
        if not counts["fragments"]:
            raise UserError(f"{paths.fragments}: no text in these shards; run: dvc repro fragments")
