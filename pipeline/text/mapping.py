"""A function of every shard, and of every document of it: what the text stages have in common."""

import socket
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any, NamedTuple

from pipeline.errors import UserError
from pipeline.files.json import write_json
from pipeline.files.shards import COUNTS, Counts, Document, format_document, read_shard, shard_paths
from pipeline.provenance.code import read_sources, stage_code
from pipeline.provenance.fingerprint import fingerprint
from pipeline.work.finished import Finished
from pipeline.work.progress import say, track
from pipeline.work.steady import Steady
from pipeline.work.workers import Workers

LIBRARIES = ("mwparserfromhell", "razdel", "ufal.udpipe")
"""That decide what is written."""

MapDocument = Callable[[Document, Counts], Document | None]
Work = Callable[[Path, IO[bytes], Counts], None]
"""Reads a shard, writes what is made of it, and counts."""


class Job(NamedTuple):
    """What is done to every shard, as it is sent to a worker."""

    work: Work
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
    sees. `settings` are as of `finish_shards`. The sum of the counts, which is also written to `target/counts.json`,
    and every byte written are independent of the workers.
    """
    paths, total = shard_paths(source), Counter[str]()
    results = finish_shards(partial(_map_documents, function), paths, finished.stage, settings, finished, workers)
    for path, done in zip(paths, results, strict=True):
        finished.place(done.key, target / path.name)
        total.update(done.counts)
    write_json(target / COUNTS, total)
    return total


def finish_shards(
    work: Work, paths: Sequence[Path], step: str, settings: Mapping[str, Any], finished: Finished, workers: Workers
) -> Iterator[Done]:
    """Do a step of a stage to every shard; the results, in order, are among what is `finished`.

    `settings` (JSON values) are all that the answer of `work` depends on besides the shard and the code: what is
    finished with the same ones, by an earlier run that was disturbed, is not done again.
    """
    settings, earlier = {"step": step, **settings}, 0
    job = Job(work, settings, sum_code(finished.stage), finished)
    sources = [path.resolve() for path in paths]  # a worker may have a working directory of its own
    for done in track(workers.map(partial(_finish, job), sources), step, "shards", len(paths)):
        earlier += done.earlier
        yield done
    if earlier:
        say(f"{step}: {earlier:,} of {len(paths):,} shards were finished by an earlier run")


@cache  # of the code as it was when the process began
def sum_code(stage: str) -> str:
    """The sum of all that decides what a stage makes of a text: code, and versions of libraries."""
    libraries = {library: version(library) for library in LIBRARIES}
    return fingerprint({"libraries": libraries, "code": stage_code(stage, read_sources())})


def _finish(job: Job, source: Path) -> Done:
    _check_code(job)
    steady = Steady(source)
    key = fingerprint({"settings": job.settings, "code": job.code}, source)
    counts = job.finished.facts(key)
    if counts is not None:
        return Done(key, Counter(counts), True)
    counts = Counter()
    with job.finished.add(key, counts) as file:
        job.work(source, file, counts)
        steady.confirm()  # or else the key would be of another shard
    return Done(key, counts, False)


def _map_documents(function: MapDocument, source: Path, file: IO[bytes], counts: Counts) -> None:
    for document in read_shard(source):
        result = function(document, counts)
        if result is not None:
            file.write(format_document(result).encode())


def _check_code(job: Job) -> None:
    """A worker that has run since before an edit, or on a machine with another commit, would mix two answers."""
    if sum_code(job.finished.stage) != job.code:
        raise UserError(
            f"{job.finished.stage}: its code on {socket.gethostname()} is not what the stage was started with; "
            "bring it to the same commit, restart the workers and run again"
        )
