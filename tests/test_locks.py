"""Where files cannot be locked, whoever needs a lock says so in one line; nothing is done without."""

import errno
import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.checkpoint import open_checkpoint
from pipeline.errors import UserError
from pipeline.finished import keep_finished
from pipeline.locks import lock_alone, lock_shared
from pipeline.sources.download import download


def test_one_alone_or_several_together(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("a") as one, (tmp_path / "lock").open("a") as other:
        assert lock_alone(one) and not lock_alone(other)
        lock_shared(one)
        lock_shared(other)
        assert not lock_alone(one)


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
