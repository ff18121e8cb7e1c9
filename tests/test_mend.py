"""What a kill leaves half-written is mended; what somebody is at work on is left alone."""

import fcntl
import subprocess
from pathlib import Path

import pytest

from pipeline.experiments.mend import mend
from pipeline.work.locks import hold

LOCK = "schema: '2.0'\nstages:\n  lemmas:\n    cmd: python -m pipeline lemmas\n"
FULL = '{"write": {}, "read": {}}'


def git(*arguments: str) -> None:
    who = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
    subprocess.run(["git", *who, *arguments], check=True, capture_output=True)


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    git("init", "--quiet")
    Path("dvc.lock").write_text(LOCK)
    git("add", "dvc.lock")
    git("commit", "--quiet", "--message", "run")
    for folder in (".dvc/tmp/exps", "data", "models", "metrics/ner"):
        Path(folder).mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize("name", ["rwlock", "exps/rwlock"])
@pytest.mark.parametrize("content", ["", FULL[:12], "\0" * 20, "[]"])
def test_a_lock_that_no_dvc_can_read_is_removed(name: str, content: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path(".dvc/tmp", name)
    path.write_text(FULL)
    mend()
    assert path.read_text() == FULL and capsys.readouterr().err == ""
    path.write_text(content)
    with path.with_name("rwlock.lock").open("a") as lock:  # a dvc is writing it
        fcntl.flock(lock, fcntl.LOCK_EX)
        mend()
    assert path.exists()
    mend()
    assert not path.exists() and capsys.readouterr().err.startswith(f"{path}: removed: a killed dvc has left it")


@pytest.mark.parametrize("size", [0, 12, LOCK.index("cmd") + 2])
def test_dvcs_record_is_as_git_has_it(size: int, capsys: pytest.CaptureFixture[str]) -> None:
    record = Path("dvc.lock")
    record.write_text(LOCK + "  vocabulary:\n    cmd: python -m pipeline vocabulary\n")
    mend()
    assert "vocabulary" in record.read_text()
    record.write_text(LOCK[:size])
    with Path(".dvc/tmp/lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        mend()
    assert record.read_text() == LOCK[:size]
    mend()
    assert record.read_text() == LOCK and "dvc.lock: is as git has it again" in capsys.readouterr().err
    git("rm", "--quiet", "--cached", "dvc.lock")
    record.write_text(LOCK[:size])
    mend()
    assert not record.exists()


def test_a_conflict_is_for_a_person() -> None:
    content = f"<<<<<<< ours\n{LOCK}=======\n{LOCK}>>>>>>> theirs\n"
    Path("dvc.lock").write_text(content)
    mend()
    assert Path("dvc.lock").read_text() == content


def test_what_killed_stages_have_left_goes_when_none_runs() -> None:
    left = [Path("metrics/.plots.partial"), Path("data/.lemmas.old"), Path("models/.lm.partial")]
    for path in left:
        path.mkdir()
        (path / "half").touch()
    left.append(Path("metrics/ner/.wikineural.json.partial"))
    left[-1].touch()
    others = [Path("models/.checkpoints/ab12/.state.partial"), Path("data/.gitignore"), Path("metrics/x.old")]
    for path in others:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for at_work in ("report", "compare-1"):
        with hold(Path("data/.locks", at_work), "at work"):
            mend()
            assert all(path.exists() for path in left)
    mend()
    assert not any(path.exists() for path in left) and all(path.exists() for path in others)


def test_where_nothing_was_ever_run_there_is_nothing_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "new").mkdir()
    monkeypatch.chdir(tmp_path / "new")
    mend()
    assert capsys.readouterr().err == "" and not [*Path().iterdir()]
