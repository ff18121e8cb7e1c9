"""Several processes that tag: each has a tagger of its own, and pools of pieces go to them in turn."""

import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import cycle
from multiprocessing import get_context
from multiprocessing.connection import Connection
from types import TracebackType

from pipeline.errors import UserError, describe
from pipeline.predict.pieces import Piece, Tagged
from pipeline.predict.tagger import PoolTagger, gather


class Crew:
    """A context in which processes wait for pieces. They end with it, and if this process is killed."""

    def __init__(self, jobs: int, load: Callable[[], PoolTagger]) -> None:
        """Start `jobs` processes; `load`, which can be pickled, makes a tagger in each."""
        context = get_context("spawn")  # a fork would have half of the threads of numpy
        self._workers: list[Connection] = []
        heeded = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for this process, and not for those it starts
        try:
            for _ in range(jobs):
                ours, theirs = context.Pipe()
                self._workers.append(ours)
                context.Process(target=_work, args=(theirs, load), daemon=True).start()
                theirs.close()
        finally:
            signal.signal(signal.SIGINT, heeded)

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
            with suppress(BrokenPipeError):  # `_receive` reports it
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


def _work(parent: Connection, load: Callable[[], PoolTagger]) -> None:
    """Answer pools until the parent has closed its end of the connection."""
    tagger: PoolTagger | None = None
    with suppress(EOFError, BrokenPipeError):
        while True:
            pool = parent.recv()
            answer: list[Tagged] | UserError
            try:
                tagger = tagger or load()
                answer = [*tagger.tag_pool(pool)]
            except Exception as error:
                if not (message := describe(error)):
                    raise
                answer = UserError(message)
            parent.send(answer)
