"""The command line: bad input is one line and exit code 1."""

import errno
import re
import sqlite3
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pipeline import cli
from pipeline.errors import UserError

ROOT = Path(__file__).parents[1]


def fails_with(error: BaseException, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    def app() -> None:
        raise error

    monkeypatch.setattr(cli, "app", app)
    with pytest.raises(SystemExit) as raised:
        cli.main()
    return f"{raised.value.code} {capsys.readouterr().err}"


def test_errors_are_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert fails_with(UserError("x.txt: line 3:\nbad"), monkeypatch, capsys) == "1 error: x.txt: line 3: bad\n"
    full = OSError(errno.ENOSPC, "No space left on device", "models/x")
    assert fails_with(full, monkeypatch, capsys).startswith("1 error: models/x: no space left on the device")
    copied = OSError(errno.ENOSPC, "No space left on device", "models/x", None, "models/y")
    assert fails_with(copied, monkeypatch, capsys).startswith("1 error: models/y: no space left on the device")
    database = sqlite3.OperationalError("database or disk is full")
    assert "core.site_cache_dir or /var/tmp/dvc: database or disk is full; make room" in fails_with(
        database, monkeypatch, capsys
    )
    printed = OSError(errno.ENOSPC, "No space left on device")
    assert fails_with(printed, monkeypatch, capsys).startswith("1 error: standard output: no space left on the device")
    closed = PermissionError(errno.EACCES, "Permission denied", "params.yaml")
    assert (
        fails_with(closed, monkeypatch, capsys) == "1 error: params.yaml: permission denied; mend that and run again\n"
    )
    long = OSError(errno.ENAMETOOLONG, "File name too long", "a" * 5000)
    assert fails_with(long, monkeypatch, capsys).endswith("a: file name too long; mend that and run again\n")
    assert fails_with(KeyboardInterrupt(), monkeypatch, capsys) == "130 error: interrupted\n"


def test_lines_are_bounded_and_command_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for error in (UserError("x.txt: " + "\x1b]0;слово\x07" * 10**6), OSError(errno.ENOENT, "Not", "\x1b[2J" * 10**6)):
        line = fails_with(error, monkeypatch, capsys).removesuffix("\n")
        assert len(line) < 1010 and line.isprintable()


@pytest.mark.parametrize(
    ("command", "function"),
    [
        (["show"], "pipeline.report.summary.summary"),
        (["compare", "a", "b"], "pipeline.experiments.compare.run.run"),
        (["tables"], "pipeline.experiments.tables.run.run"),
    ],
)
def test_what_is_printed_commands_no_terminal(
    command: list[str], function: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(function, lambda *_: "gr\x1b]0;title\x07u\n\u202e0.9\x9b")
    monkeypatch.setattr(sys, "argv", ["pipeline", *command])
    with pytest.raises(SystemExit) as raised:
        cli.main()
    assert raised.value.code == 0 and capsys.readouterr().out == "gr\\x1b]0;title\\x07u\n\\u202e0.9\\x9b\n"


@pytest.mark.parametrize("module", [torch, np])
def test_too_little_memory_is_one_line(
    module: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """These are real errors: the system refuses an exabyte at once."""
    with pytest.raises((MemoryError, RuntimeError)) as raised:
        module.zeros(1 << 57)
    said = fails_with(raised.value, monkeypatch, capsys)
    assert re.fullmatch(r"1 error: out of memory \(.*allocate.*\); make what it is for smaller, .*\n", said)
    assert fails_with(MemoryError(), monkeypatch, capsys).startswith("1 error: out of memory; make")


def test_other_errors_are_the_programmers(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def app() -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(cli, "app", app)
    with pytest.raises(OSError, match="Input/output"):
        cli.main()
    with pytest.raises(RuntimeError, match="shapes"):
        fails_with(RuntimeError("shapes differ"), monkeypatch, capsys)


def test_revisions_or_architectures(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    for words, said in {
        ("main", "--archs", "lstm"): "found both 'main' and --archs 'lstm'; give revisions, or architectures",
        ("--archs", " gru , xyz"): "found no architecture 'xyz'; archs in params.yaml: charcnn, lstm",
    }.items():
        monkeypatch.setattr(sys, "argv", ["pipeline", "tables", *words])
        with pytest.raises(SystemExit):
            cli.main()
        assert said in capsys.readouterr().err


@pytest.mark.parametrize("stage", ["corpora", "ner", "evaluate", "typos"])
def test_a_data_set_that_is_not_asked_for_is_named_with_those_that_are(
    stage: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "argv", ["pipeline", stage, "wikiann"])
    with pytest.raises(SystemExit) as raised:
        cli.main()
    expected = "error: found data set 'wikiann', expected one of wikineural, multiconer: sets in params.yaml\n"
    assert (raised.value.code, capsys.readouterr().err) == (1, expected)


@pytest.mark.parametrize("command", ["sentences", "vocabulary", "data", "pretrain", "ner wikineural", "report"])
def test_a_stage_before_its_inputs_says_what_to_run(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("params.yaml", "dvc.yaml"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["pipeline", *command.split()])
    with pytest.raises(SystemExit) as raised:
        cli.main()
    said = capsys.readouterr().err
    assert raised.value.code == 1
    assert said.startswith("error: ") and said.count("\n") == 1 and "dvc repro" in said
