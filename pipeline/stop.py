"""SIGTERM and Ctrl-C as a request: the work saves itself at the next safe point and leaves."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(Exception):
    """A person or the system asked the process to leave, and its work is saved. The message is one line."""

    def __init__(self, message: str, signum: int) -> None:
        super().__init__(message)
        self.exit_code = 128 + signum


class StopRequest:
    """Whether and how the process was asked to leave."""

    def __init__(self) -> None:
        self.signum: int | None = None

    def __bool__(self) -> bool:
        return self.signum is not None


@contextmanager
def stop_request() -> Iterator[StopRequest]:
    """Within the block, the first SIGTERM or Ctrl-C is noted; the second ends the process as it always did."""
    request = StopRequest()
    before = {signum: signal.getsignal(signum) for signum in SIGNALS}

    def restore() -> None:
        for signum, handler in before.items():
            signal.signal(signum, handler)

    def note(signum: int, _: FrameType | None) -> None:
        request.signum = signum
        restore()

    for signum in SIGNALS:
        signal.signal(signum, note)
    try:
        yield request
    finally:
        restore()
