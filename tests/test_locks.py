"""Where files cannot be locked, whoever needs a lock says so in one line; nothing is done without."""

import errno
import fcntl
import os
import shutil
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml

from pipeline import cli
from pipeline.errors import UserError
from pipeline.params import load_params
from pipeline.paths import HERE
from pipeline.provenance.code import read_sources, stages
from pipeline.sources.download import download
from pipeline.work.checkpoint import open_checkpoint
from pipeline.work.finished import keep_finished
from pipeline.work.locks import hold, lock

ROOT = Path(__file__).parents[1]


def test_one_alone_or_several_together(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("a") as one, (tmp_path / "lock").open("a") as other:
        assert lock(one) and not lock(other)
        lock(one, shared=True)
        lock(other, shared=True)
        assert not lock(one)


def _finish(folder: Path) -> None:
    with keep_finished(folder, "lemmas"):
        pytest.fail("done without a lock")


def _train(folder: Path) -> None:
    with open_checkpoint(folder, "ab12", 1):
        pytest.fail("done without a lock")


def _download(folder: Path) -> None:
    download("http://127.0.0.1:1/a.gz", folder)


@pytest.mark.parametrize("use", [_finish, _train, _download])
@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_without_locks_is_said(
    code: int, use: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", flock)
    said = rf"^{tmp_path}/\S+: cannot be locked \({os.strerror(code)}\), .* move the repository"
    with pytest.raises(UserError, match=said):
        use(tmp_path)


def test_who_holds_it_is_said_and_nothing_is_left(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "lemmas"
    with hold(path, "running stage lemmas"):
        said = rf"^{path}: process {os.getpid()} on \S+ is running stage lemmas \(since \d{{4}}-[^)]+\); wait for it"
        with pytest.raises(UserError, match=said), hold(path, "running stage lemmas"):
            pytest.fail("held twice")
        with hold(path.with_name("fragments"), "running stage fragments"):
            pass
    assert not [*path.parent.iterdir()]
    path.write_text("process 7 on a machine that was switched off")
    with hold(path, "running stage lemmas"):
        assert path.read_text().startswith(f"process {os.getpid()} on ")


def test_the_lock_of_whoever_came_after_a_removal_stays(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "lock"
    with ExitStack() as other:
        with hold(path, "busy"):
            path.unlink()
            path.parent.rmdir()
            other.enter_context(hold(path, "busy"))
        assert path.exists()
    assert not path.exists()


@pytest.mark.parametrize("stage", stages(read_sources()))
def test_a_stage_that_another_process_runs_touches_nothing(
    stage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(ROOT / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    dvc = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"][stage]
    sets = [load_params().sets[0]] if "matrix" in dvc else []
    monkeypatch.setattr(sys, "argv", ["pipeline", stage, *sets])
    name = "@".join([stage, *sets])
    with hold(HERE.locks / name, f"running stage {name}"), pytest.raises(SystemExit) as raised:
        cli.main()
    said = capsys.readouterr().err
    assert raised.value.code == 1 and said.count("\n") == 1
    assert f"process {os.getpid()} on" in said and f"is running stage {name} (since " in said
    assert sorted(path.name for path in tmp_path.rglob("*")) == [".locks", "data", "params.yaml"]
