"""Shards that are finished before their stage is. A shard is whole or not there; its key sums up all that decides it.

    data/.shards/lemmas.lock                     the processes that work on the stage
                 lemmas/<fingerprint>/shard      a shard, or another result of one
                                      facts.json the sum of its bytes, and its counts

They lie outside DVC, which deletes a stage's outputs before it reruns the stage, and are removed when the stage has
succeeded.
"""

import errno
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

from pipeline.provenance.fingerprint import sha256
from pipeline.work.locks import lock
from pipeline.work.outputs import named, write_text

SHARD, FACTS = "shard", "facts.json"


class Finished:
    """The finished shards of a stage, by fingerprint. Any number of processes and machines may add to them at once."""

    def __init__(self, root: Path, stage: str) -> None:
        """`keep_finished` makes them."""
        self.stage = stage
        self._folder = root.resolve() / stage  # a worker may have a working directory of its own

    def path(self, key: str) -> Path:
        """Return where the shard is, or will be."""
        return self._folder / key / SHARD

    def facts(self, key: str) -> Any | None:
        """Return the facts that `add` was given; None if the shard is missing, or has changed since."""
        with suppress(OSError, ValueError, LookupError, TypeError):
            finished = json.loads((self._folder / key / FACTS).read_bytes())
            if finished["sha256"] == sha256(self.path(key)):
                return finished["facts"]
        return None

    @contextmanager
    def add(self, key: str, facts: Mapping[str, Any]) -> Iterator[IO[bytes]]:
        """Yield a file that becomes the shard, with `facts` (JSON values) as they are then, if the block succeeds."""
        partial = self._folder / f".{uuid4().hex}.partial"
        partial.mkdir()
        try:
            with named(partial / SHARD):
                with (partial / SHARD).open("wb") as file:
                    yield file
                write_text(partial / FACTS, json.dumps({"sha256": sha256(partial / SHARD), "facts": facts}))
                # A shard that is there is removed only if damaged: another process may have just put it there.
                if not _put(partial, self._folder / key) and self.facts(key) is None:
                    shutil.rmtree(self._folder / key, ignore_errors=True)
                    _put(partial, self._folder / key)
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def place(self, key: str, target: Path) -> None:
        """Link the shard to `target`. It also stays here, in case the stage is killed before all shards are placed."""
        try:
            os.link(self.path(key), target)
        except OSError:  # another file system, or one without hard links
            shutil.copyfile(self.path(key), target)


@contextmanager
def keep_finished(root: Path, stage: str) -> Iterator[Finished]:
    """Hold the finished shards of a stage under `root`; they are removed if the block succeeds.

    If several processes work on the same stage, as in the queue, they share them, and the last one removes them.
    """
    root.mkdir(parents=True, exist_ok=True)
    folder = root / stage
    with (root / f"{stage}.lock").open("a") as file:
        _sweep(folder, file)  # what a killed run has left half-written
        lock(file, shared=True)
        folder.mkdir(exist_ok=True)
        try:
            yield Finished(root, stage)
        except BaseException:
            _sweep(folder, file)
            raise
        if lock(file):
            shutil.rmtree(folder)


def _sweep(folder: Path, file: IO[str]) -> None:
    if lock(file):  # if so, none can begin before the file is unlocked or closed
        for partial in folder.glob(".*.partial"):
            shutil.rmtree(partial, ignore_errors=True)


def _put(folder: Path, target: Path) -> bool:
    """Rename a folder; return False if another one is there that is not empty."""
    try:
        folder.rename(target)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        return False
    return True
