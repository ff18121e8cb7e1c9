"""What the text stages have in common: they apply a function to every document, shard by shard."""

import socket
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

from pipeline.errors import UserError
from pipeline.files.json import write_json
from pipeline.files.shards import COUNTS, Counts, Document, format_document, read_shard, shard_paths
from pipeline.provenance.code import read_sources, stage_code
from pipeline.provenance.fingerprint import fingerprint
from pipeline.work.finished import Finished, keep_finished
from pipeline.work.outputs import Steady, fresh_folder
from pipeline.work.progress import say, track
from pipeline.work.workers import Workers, map_items

LIBRARIES = ("mwparserfromhell", "razdel", "ufal.udpipe")
"""The libraries that decide what is written."""

MapDocument = Callable[[Document, Counts], Document | None]
Work = Callable[[Path, IO[bytes], Counts], None]
"""A function that reads a shard, writes what it makes of it, and counts."""


@contextmanager
def mapped_shards(
    function: MapDocument, source: Path, target: Path, settings: Mapping[str, Any], shards: Path, workers: Workers
) -> Iterator[Counts]:
    """Apply a function to every document; `target`, which has the name of the stage, appears if the block succeeds.

    The function, which is pickled for every shard, returns the new document, or None to drop it, and counts what it
    sees. `target` has shards of the same names as `source`, and the sum of the counts, which the block is given, in
    counts.json; every byte of it is independent of the workers. `settings` are those of `finish_shards`. What an
    earlier run has finished lies under `shards`.
    """
    paths, total, work = shard_paths(source), Counter[str](), partial(_map_documents, function)
    with keep_finished(shards, target.name) as finished, fresh_folder(target) as folder:
        results = finish_shards(work, paths, target.name, settings, finished, workers)
        for path, (key, counts) in zip(paths, results, strict=True):
            finished.place(key, folder / path.name)
            total.update(counts)
        write_json(folder / COUNTS, total)
        yield total


def _map_documents(function: MapDocument, source: Path, file: IO[bytes], counts: Counts) -> None:
    for document in read_shard(source):
        result = function(document, counts)
        if result is not None:
            file.write(format_document(result).encode())


def finish_shards(
    work: Work, paths: Sequence[Path], step: str, settings: Mapping[str, Any], finished: Finished, workers: Workers
) -> Iterator[tuple[str, Counts]]:
    """Do a step of a stage for every shard; yield, in the order of the shards, the key of each result in `finished` and
    its counts.

    `settings` (JSON values) are all that the answer of `work` depends on besides the shard and the code: a shard that
    an earlier run has finished with the same settings is not worked on again.
    """
    earlier, code = 0, sum_code(finished.stage)
    finish = partial(_finish, work, {"step": step, **settings}, code, finished)
    sources = [path.resolve() for path in paths]  # a worker may have a working directory of its own
    for key, counts, is_known in track(map_items(finish, sources, workers), step, "shards", len(paths)):
        earlier += is_known
        yield key, counts
    if earlier:
        say(f"{step}: {earlier:,} of {len(paths):,} shards were finished by an earlier run")


def _finish(
    work: Work, settings: Mapping[str, Any], code: str, finished: Finished, source: Path
) -> tuple[str, Counts, bool]:
    """Return the key and the counts of the result for a shard, and whether an earlier run has made it."""
    check_code(finished.stage, code)
    steady = Steady(source)
    key = fingerprint({"settings": settings, "code": code}, source)
    if (facts := finished.facts(key)) is not None:
        return key, Counter(facts), True
    counts: Counts = Counter()
    with finished.add(key, counts) as file:
        work(source, file, counts)
        steady.confirm()  # or else the key would be of another shard
    return key, counts, False


@cache  # of the code as it was when the process began
def sum_code(stage: str) -> str:
    """Return a hash of all that decides what a stage makes of a text: its code, and the versions of libraries."""
    libraries = {library: version(library) for library in LIBRARIES}
    return fingerprint({"libraries": libraries, "code": stage_code(stage, read_sources())})


def check_code(stage: str, code: str) -> None:
    """Refuse to work with code other than that of the process that started the stage, whose `sum_code` is `code`.

    A worker may have been started before an edit, or from another commit: it must not mix two answers.
    """
    if sum_code(stage) != code:
        raise UserError(
            f"{stage}: its code on {socket.gethostname()} is not what the stage was started with; "
            "bring it to the same commit, restart the workers and run again"
        )
