"""Who holds a lock is said in one line, and so is where files cannot be locked; nothing is done without."""

import errno
import fcntl
import os
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.paths import HERE
from pipeline.sources.download import download
from pipeline.work.finished import keep_finished
from pipeline.work.locks import hold
from tests.conftest import Done

ROOT = Path(__file__).parents[1]


def _finish(folder: Path) -> None:
    with keep_finished(folder, "lemmas"):
        pytest.fail("done without a lock")


def _hold(folder: Path) -> None:
    with hold(folder / "lock", "at work"):
        pytest.fail("done without a lock")


def _download(folder: Path) -> None:
    download("http://127.0.0.1:1/a.gz", folder)


@pytest.mark.parametrize(
    ("code", "work"), [(errno.ENOLCK, _finish), (errno.EOPNOTSUPP, _hold), (errno.ENOSYS, _download)]
)
def test_a_file_system_without_locks_is_said(
    code: int, work: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", flock)
    said = rf"^{tmp_path}/\S+: cannot be locked \({os.strerror(code)}\), .* move the repository"
    with pytest.raises(UserError, match=said):
        work(tmp_path)


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


def test_a_folder_that_is_removed_between_opening_and_locking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, real = tmp_path / "folder" / "lock", fcntl.flock

    def flock(file: int, operation: int) -> None:
        monkeypatch.undo()
        shutil.rmtree(path.parent)
        real(file, operation)

    monkeypatch.setattr(fcntl, "flock", flock)
    with hold(path, "busy"):
        assert path.read_text().startswith("process ")


def test_the_lock_of_whoever_came_after_a_removal_stays(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "lock"
    with ExitStack() as other:
        with hold(path, "busy"):
            shutil.rmtree(path.parent)
            other.enter_context(hold(path, "busy"))
        assert path.exists()
    assert not path.exists()


@pytest.mark.parametrize("stage", ["check", "pretrain", "ner@wikineural"])
def test_a_stage_that_another_process_runs_touches_nothing(
    stage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_command: Callable[..., Done]
) -> None:
    shutil.copy(ROOT / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    with hold(HERE.locks / stage, f"running stage {stage}"):
        done = run_command(*stage.split("@"))
    assert done.code == 1 and done.err.count("\n") == 1
    assert f"process {os.getpid()} on" in done.err and f"is running stage {stage} (since " in done.err
    assert sorted(path.name for path in tmp_path.rglob("*")) == [".locks", "data", "params.yaml"]
