"""Several processes that tag: each has a tagger of its own, and pools of pieces go to them in turn."""

import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import cycle
from multiprocessing import get_context
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Protocol

from pipeline.errors import UserError
from pipeline.predict.pieces import Piece, Tagged
from pipeline.predict.tagger import gather


class Pools(Protocol):
    """A tagger, or several."""

    def tag_pool(self, pool: list[Piece]) -> Iterator[Tagged]:
        """Tag pieces at once."""


class Crew:
    """A context in which processes wait for pieces. They end with it, and if this process is killed."""

    def __init__(self, jobs: int, load: Callable[[], Pools]) -> None:
        """Start `jobs` processes; `load`, which can be pickled, makes a tagger in each."""
        context = get_context("spawn")  # a fork would have half of the threads of numpy
        self._workers: list[Connection] = []
        for _ in range(jobs):
            ours, theirs = context.Pipe()
            context.Process(target=_work, args=(theirs, load), daemon=True).start()
            theirs.close()
            self._workers.append(ours)

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for worker in self._workers:
            worker.close()

    def tag(self, pieces: Iterable[Piece]) -> Iterator[Tagged]:
        """Tag pieces of texts in order, with only a few of them for each process in memory."""
        at_work: deque[Connection] = deque()
        for pool, worker in zip(gather(pieces), cycle(self._workers), strict=False):
            if len(at_work) == len(self._workers):
                yield from _receive(at_work.popleft())
            with suppress(BrokenPipeError):  # who receives its answer says what has happened
                worker.send(pool)
            at_work.append(worker)
        while at_work:
            yield from _receive(at_work.popleft())


def _receive(worker: Connection) -> list[Tagged]:
    try:
        answer: list[Tagged] | UserError = worker.recv()
    except (EOFError, ConnectionResetError):
        raise UserError("a process of --jobs has been killed, perhaps for lack of memory; give fewer --jobs") from None
    if isinstance(answer, UserError):
        raise answer
    return answer


def _work(pools: Connection, load: Callable[[], Pools]) -> None:
    """Answer pools until the other end of the connection is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that reads and writes
    answer: list[Tagged] | UserError
    try:
        tagger = load()
        while True:
            pool = pools.recv()
            try:
                answer = [*tagger.tag_pool(pool)]
            except UserError as error:
                answer = error
            pools.send(answer)
    except (EOFError, OSError):
        return
