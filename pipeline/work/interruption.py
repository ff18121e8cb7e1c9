"""SIGTERM and Ctrl-C as a request: the work saves itself at the next safe point and leaves."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(Exception):
    """A person or the system asked the process to leave, and its work is saved. The message is one line."""

    def __init__(self, message: str, signum: int) -> None:
        super().__init__(message)
        self.exit_code = 128 + signum


@dataclass
class StopRequest:
    """Whether and how the process was asked to leave."""

    signum: int | None = None

    def __bool__(self) -> bool:
        return self.signum is not None


@contextmanager
def stop_request() -> Iterator[StopRequest]:
    """Within the block, SIGTERM and Ctrl-C are noted and do nothing else.

    They may come repeatedly: a launcher passes on a signal that the terminal has sent already, and the second must not
    disturb the saving that the first has asked for.
    """
    request = StopRequest()

    def note(signum: int, _: FrameType | None) -> None:
        request.signum = signum

    before = {signum: signal.signal(signum, note) for signum in SIGNALS}
    try:
        yield request
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)
