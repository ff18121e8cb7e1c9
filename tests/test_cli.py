"""The command line: bad input is one line and exit code 1."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest

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
    assert fails_with(KeyboardInterrupt(), monkeypatch, capsys) == "130 error: interrupted\n"


def test_other_errors_are_the_programmers(monkeypatch: pytest.MonkeyPatch) -> None:
    def app() -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(cli, "app", app)
    with pytest.raises(OSError, match="Input/output"):
        cli.main()


def test_a_stage_before_its_inputs_says_what_to_run(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    for command in (["sentences"], ["vocabulary"], ["pretrain"], ["ner", "wikineural"], ["report"]):
        result = subprocess.run(
            [sys.executable, "-m", "pipeline", *command],
            cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "PATH": ""}, capture_output=True, text=True,
        )  # fmt: skip
        assert result.returncode == 1, command
        assert result.stderr.startswith("error: ") and result.stderr.count("\n") == 1, result.stderr
        assert "dvc repro" in result.stderr, result.stderr
