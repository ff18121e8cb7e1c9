"""SIGTERM and Ctrl-C as a request."""

import os
import signal

import pytest

from pipeline.work.interruption import Stopped, stop_request


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_noted_and_handlers_come_back(signum: signal.Signals) -> None:
    before = signal.getsignal(signum)
    with stop_request() as request:
        assert not request
        for _ in range(3):  # a launcher passes on what the terminal has sent already
            os.kill(os.getpid(), signum)
        assert request and request.signum == signum
    assert signal.getsignal(signum) == before


def test_the_exit_code_is_the_shells() -> None:
    assert Stopped("x", signal.SIGTERM).exit_code == 143 and Stopped("x", signal.SIGINT).exit_code == 130
