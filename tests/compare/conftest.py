import subprocess
from collections.abc import Callable, Iterator
from contextlib import chdir
from pathlib import Path

import pytest

from tests.compare.repository import build
from tests.conftest import RunCommand

Compare = Callable[..., str]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("repository")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DVC_NO_ANALYTICS", "1")
        patch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path_factory.getbasetemp() / "dvc-site"))
        with chdir(folder):
            build(folder)
        yield folder


@pytest.fixture
def repository(built: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The repository of `tests.compare.repository`, as the current folder; not to be written to but for the pages."""
    monkeypatch.chdir(built)
    return built


@pytest.fixture
def clone(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone of it with an empty cache, as the current folder."""
    subprocess.run(["git", "clone", "--quiet", repository, tmp_path / "clone"], check=True)
    monkeypatch.chdir(tmp_path / "clone")
    return tmp_path / "clone"


@pytest.fixture
def compare(run_command: RunCommand) -> Compare:
    """Run the command; return what it prints, or with `code=1` the one line of a comparison that cannot be made."""

    def run(*arguments: str, code: int = 0) -> str:
        done = run_command("compare", *arguments)
        assert done.code == code
        assert not code or (done.err.startswith("error: ") and done.err.count("\n") == 1)
        return done.err if code else done.out

    return run
