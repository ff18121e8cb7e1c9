"""What holds for all tests: one thread each, a Ctrl-C that can be tested, a quick start; and the command line."""

import gc
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import pytest

from pipeline import cli
from tests.browser import start

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

# Before torch is loaded: tests share the cores already, and their threads would wait for each other.
os.environ["OMP_NUM_THREADS"] = "1"
# Before hypothesis is loaded: its only plugin here is that of trio, which takes half a second to load.
os.environ["HYPOTHESIS_NO_PLUGINS"] = "1"
from hypothesis import settings

# A shared machine may hold a test up for any time.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
# A shell's job in the background ignores Ctrl-C, and so would every command that a test interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)
# What collection imports stays until the end: to search it for garbage again and again took a third of the time.
gc.disable()
# Commands that are killed are forked from a server that has imported once what they need, torch above all.
# The text stages come with `tests.text.warm`.
IMPORTED = ["pipeline.cli", "torch._dynamo", "joblib.externals.loky.process_executor"]
IMPORTED += ["pipeline.stages.pretrain", "tests.lm.project", "tests.text.project", "tests.text.warm"]
multiprocessing.set_forkserver_preload(IMPORTED)


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


class Done(NamedTuple):
    """What a command has left: its exit code, and what it wrote to standard output and standard error."""

    code: object
    out: str
    err: str


RunCommand = Callable[..., Done]


@pytest.fixture
def run_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> RunCommand:
    """Run `python -m pipeline ARGUMENTS` in this process."""

    def run(*arguments: object) -> Done:
        capsys.readouterr()  # what fixtures have printed
        monkeypatch.setattr(sys, "argv", ["pipeline", *map(str, arguments)])
        with pytest.raises(SystemExit) as raised:
            cli.main()
        return Done(raised.value.code, *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Chrome"]:
    """A browser without a window, one for all tests of a process."""
    with start(tmp_path_factory.mktemp("profile")) as browser:
        yield browser
