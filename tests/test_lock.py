"""dvc.lock and the committed metrics are those of the committed code, settings and inputs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git clone: dvc needs one here")
def test_the_lock_is_true(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outputs may be missing, as in a fresh clone; nothing that is there may differ from what the lock says."""
    from dvc.repo import Repo

    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path))
    monkeypatch.chdir(ROOT)
    with Repo() as repo:
        assert not list(modified(repo.status())), "run: dvc repro, and commit dvc.lock and metrics/"


def modified(status: dict[str, list[Any]]) -> Iterator[tuple[str, str]]:
    """(stage, path) of what is there and is not as the lock says."""
    for stage, changes in status.items():
        for change in changes:
            for kind, paths in change.items() if isinstance(change, dict) else [(str(change), {})]:
                if kind not in ("changed deps", "changed outs"):
                    yield stage, kind
                yield from ((stage, path) for path, state in paths.items() if state not in ("deleted", "not in cache"))
