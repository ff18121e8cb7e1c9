"""The command line: bad input is one line and exit code 1."""

import errno
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipeline import cli
from pipeline.errors import UserError
from tests.conftest import Done

ROOT = Path(__file__).parents[1]
Fail = Callable[[BaseException], str]


@pytest.fixture
def fail(monkeypatch: pytest.MonkeyPatch, run_command: Callable[..., Done]) -> Fail:
    """Have the commands fail with an error; the exit code and what is said."""

    def fail(error: BaseException) -> str:
        def app() -> None:
            raise error

        monkeypatch.setattr(cli, "app", app)
        done = run_command()
        return f"{done.code} {done.err}"

    return fail


FULL = errno.ENOSPC, "No space left on device"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (UserError("x.txt: line 3:\nbad"), "1 error: x.txt: line 3: bad\n"),
        (OSError(*FULL, "models/x"), "1 error: models/x: no space left on the device"),
        (OSError(*FULL, "models/x", None, "models/y"), "1 error: models/y: no space left on the device"),
        (OSError(*FULL), "1 error: standard output: no space left on the device"),
        (
            sqlite3.OperationalError("database or disk is full"),
            "1 error: DVC's own database, in core.site_cache_dir or /var/tmp/dvc: database or disk is full; make room",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", "params.yaml"),
            "1 error: params.yaml: permission denied; mend that and run again\n",
        ),
        (MemoryError(), "1 error: out of memory; make"),
        (KeyboardInterrupt(), "130 error: interrupted\n"),
    ],
)
def test_errors_are_one_line(error: BaseException, message: str, fail: Fail) -> None:
    said = fail(error)
    assert said.startswith(message) and said.index("\n") == len(said) - 1


@pytest.mark.parametrize(
    "error",
    [UserError("x.txt: " + "\x1b]0;слово\x07" * 10**6), OSError(errno.ENAMETOOLONG, "Not", "\x1b[2J" * 10**6)],
    ids=["a message", "a name"],
)
def test_lines_are_bounded_and_command_no_terminal(error: Exception, fail: Fail) -> None:
    line = fail(error).removesuffix("\n")
    assert len(line) < 1010 and line.isprintable()


def test_too_little_memory_is_one_line(fail: Fail) -> None:
    """These are real errors: the system refuses an exabyte at once."""
    import torch

    for zeros in (torch.zeros, np.zeros):
        with pytest.raises((MemoryError, RuntimeError)) as raised:
            zeros(1 << 57)
        said = fail(raised.value)
        assert re.fullmatch(r"1 error: out of memory \(.*allocate.*\); make what it is for smaller, .*\n", said)


@pytest.mark.parametrize("error", [OSError(errno.EIO, "Input/output error"), RuntimeError("shapes differ")])
def test_other_errors_are_the_programmers(error: Exception, fail: Fail) -> None:
    with pytest.raises(type(error), match=r"Input/output|shapes"):
        fail(error)


@pytest.mark.parametrize(
    ("command", "function"),
    [
        ("show", "pipeline.report.summary.summary"),
        ("compare a b", "pipeline.experiments.compare.run.run"),
        ("study demo", "pipeline.experiments.studies.run.run"),
    ],
)
def test_what_is_printed_commands_no_terminal(
    command: str, function: str, monkeypatch: pytest.MonkeyPatch, run_command: Callable[..., Done]
) -> None:
    monkeypatch.chdir(ROOT)
    printed = "gr\x1b]0;title\x07u\n\u202e0.9\x9b"
    monkeypatch.setattr(function, lambda *_: (printed, []) if command == "study demo" else printed)
    assert run_command(*command.split()) == (0, "gr\\x1b]0;title\\x07u\n\\u202e0.9\\x9b\n", "")


@pytest.mark.parametrize("compute", [True, False])
def test_a_study_whose_experiments_failed_is_shown_and_is_an_error(
    compute: bool, monkeypatch: pytest.MonkeyPatch, run_command: Callable[..., Done]
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("pipeline.experiments.studies.run.run", lambda *_: ("scores", ["gru", "lstm"]))
    done = run_command("study", "demo", *([] if compute else ["--no-compute"]))
    assert done.out == "scores\n" and done.code == int(compute)
    assert done.err.startswith("error: experiments that have failed: 2; see above, or dvc queue logs") == compute


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["study", "xyz"], "found no study 'xyz'; in studies: "),
        (["ner", "wikiann"], "found data set 'wikiann', expected one of wikineural, multiconer: sets in params.yaml\n"),
    ],
)
def test_a_wrong_name_is_said_with_the_right_ones(
    command: list[str], message: str, monkeypatch: pytest.MonkeyPatch, run_command: Callable[..., Done]
) -> None:
    monkeypatch.chdir(ROOT)
    done = run_command(*command)
    assert done.code == 1 and done.err.startswith(f"error: {message}") and done.err.count("\n") == 1


@pytest.mark.parametrize("command", ["sentences", "vocabulary", "data", "pretrain", "ner wikineural", "report"])
def test_a_stage_before_its_inputs_says_what_to_run(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_command: Callable[..., Done]
) -> None:
    for name in ("params.yaml", "dvc.yaml"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    monkeypatch.chdir(tmp_path)
    done = run_command(*command.split())
    assert done.code == 1
    assert done.err.startswith("error: ") and done.err.count("\n") == 1 and "dvc repro" in done.err
