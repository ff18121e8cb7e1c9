"""A function of every document, shard by shard: what the stages between documents and vocabulary have in common."""

import socket
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.errors import UserError
from pipeline.fingerprint import fingerprint
from pipeline.finished import Finished
from pipeline.outputs import write_json
from pipeline.progress import say, track
from pipeline.shards import COUNTS, Counts, Document, format_document, read_shard, shard_paths
from pipeline.workers import Workers

PACKAGE = Path(__file__).parent
LIBRARIES = ("razdel", "ufal.udpipe")
"""That decide what is written."""

MapDocument = Callable[[Document, Counts], Document | None]


class Job(NamedTuple):
    """What is done to every shard, as it is sent to a worker."""

    function: MapDocument
    settings: Mapping[str, Any]
    code: str
    """`sum_code` where the stage was started."""
    finished: Finished


class Done(NamedTuple):
    """A shard that is finished."""

    key: str
    counts: Counts
    earlier: bool
    """It was finished by an earlier run."""


def map_shards(
    function: MapDocument,
    source: Path,
    target: Path,
    settings: Mapping[str, Any],
    finished: Finished,
    workers: Workers,
) -> Counts:
    """Apply a function to every document; write shards of the same names and the counts.

    The function, which is pickled for every shard, returns the new document, or None to drop it, and counts what it
    sees. `settings` (JSON values) are all that its answer depends on besides the document and the code: what is
    `finished` with the same ones, by an earlier run that was disturbed, is not done again. The sum of the counts, which
    is also written to `target/counts.json`, and every byte written are independent of the workers.
    """
    paths = [path.resolve() for path in shard_paths(source)]  # a worker may have a working directory of its own
    stage, total, earlier = finished.stage, Counter[str](), 0
    job = Job(function, settings, sum_code(stage), finished)
    results = track(workers.map(partial(_map_shard, job), paths), stage, "shards", len(paths))
    for path, done in zip(paths, results, strict=True):
        finished.place(done.key, target / path.name)
        total.update(done.counts)
        earlier += done.earlier
    if earlier:
        say(f"{stage}: {earlier:,} of {len(paths):,} shards were finished by an earlier run")
    write_json(target / COUNTS, total)
    return total


@cache  # of the code as it was when the process began
def sum_code(stage: str) -> str:
    """The sum of all that turns text into text: code, and versions of libraries."""
    files = [*sorted(PACKAGE.glob("*.py")), PACKAGE / "text", PACKAGE / "stages" / f"{stage}.py"]
    return fingerprint({library: version(library) for library in LIBRARIES}, *files)


def _map_shard(job: Job, source: Path) -> Done:
    _check_code(job)
    key = fingerprint({"settings": job.settings, "code": job.code}, source)
    counts = job.finished.facts(key)
    if counts is not None:
        return Done(key, Counter(counts), True)
    counts = Counter()
    with job.finished.add(key, counts) as file:
        for document in read_shard(source):
            result = job.function(document, counts)
            if result is not None:
                file.write(format_document(result))
    return Done(key, counts, False)


def _check_code(job: Job) -> None:
    """A worker that has run since before an edit, or on a machine with another commit, would mix two answers."""
    if sum_code(job.finished.stage) != job.code:
        raise UserError(
            f"{job.finished.stage}: {PACKAGE} on {socket.gethostname()} is not what the stage was started with; "
            "bring it to the same commit, restart the workers and run again"
        )
