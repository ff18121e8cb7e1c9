"""dvc.lock and the committed metrics are those of the committed code, settings and inputs."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git clone: dvc needs one here")
def test_the_lock_is_true(tmp_path: Path) -> None:
    """Outputs may be missing, as in a fresh clone; nothing that is there may differ from what the lock says."""
    environment = os.environ | {"DVC_NO_ANALYTICS": "1", "DVC_SITE_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "dvc", "status", "--json"]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert not list(modified(json.loads(result.stdout))), "run: dvc repro, and commit dvc.lock and metrics/"


def modified(status: dict[str, list[dict[str, dict[str, object]]]]) -> Iterator[tuple[str, str]]:
    """(stage, path) of what is there and is not as the lock says."""
    for stage, changes in status.items():
        for change in changes:
            for kind, paths in change.items() if isinstance(change, dict) else [(str(change), {})]:
                if kind not in ("changed deps", "changed outs"):
                    yield stage, kind
                yield from ((stage, path) for path, state in paths.items() if state not in ("deleted", "not in cache"))
