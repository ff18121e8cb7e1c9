from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import pytest

from tests.compare.repository import build


@pytest.fixture(scope="session")
def _built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("repository")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DVC_NO_ANALYTICS", "1")
        patch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path_factory.getbasetemp() / "dvc-site"))
        with chdir(folder):
            build(folder)
        yield folder


@pytest.fixture
def repository(_built: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The repository of `tests.compare.repository`, as the current folder; not to be written to but for the pages."""
    monkeypatch.chdir(_built)
    return _built
