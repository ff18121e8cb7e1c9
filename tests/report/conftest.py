import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from pipeline.paths import Paths
from pipeline.report.plots.style import save
from pipeline.stages import report
from tests.pages import Page
from tests.report.world import build, params_of

DRAWN = ("lm", "wikineural.confusion", "wikineural.t")
"""The pictures of `reported`: lines, an image, bars, and panels beside each other."""


def make_report(paths: Paths, arch: str, scale: str = "local", drawn: tuple[str, ...] = (), **choices: Any) -> Page:
    """Run the stage, drawing the pictures whose names begin with one of `drawn`: each takes a third of a second."""

    def save_few(folder: Path, name: str, *drawing: Any) -> str:
        if name.startswith(drawn):
            return save(folder, name, *drawing)
        for form in ("png", "svg"):
            (folder / f"{name}.{form}").touch()
        return "<svg ></svg>"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "save", save_few)
        report.run(paths, params_of(arch, scale, **choices))
    return Page.parse((paths.metrics / "report.html").read_text(encoding="utf-8"))


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def read_all(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@contextmanager
def edited(path: Path) -> Iterator[Any]:
    """The content of a JSON file, written back with what the block has changed in it."""
    content = read(path)
    yield content
    path.write_text(json.dumps(content), encoding="utf-8")


def copied(paths: Paths, folder: Path) -> Paths:
    return Paths(copytree(paths.root, folder, dirs_exist_ok=True))


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Paths]:
    """An experiment with a language model and one without; not to be written to."""
    with pytest.MonkeyPatch.context() as patch:
        return {arch: build(tmp_path_factory.mktemp(arch), arch, patch) for arch in ("lstm", "charcnn")}


@pytest.fixture(scope="session")
def reported(built: dict[str, Paths], tmp_path_factory: pytest.TempPathFactory) -> Paths:
    """A copy of the experiment with a language model, and its report at scale demo; not to be written to."""
    paths = copied(built["lstm"], tmp_path_factory.mktemp("reported"))
    make_report(paths, "lstm", "demo", drawn=DRAWN)
    return paths


@pytest.fixture(scope="session")
def page(reported: Paths) -> Page:
    return Page.parse((reported.metrics / "report.html").read_text(encoding="utf-8"))


@pytest.fixture
def copy(built: dict[str, Paths], tmp_path: Path) -> Callable[[str], Paths]:
    """A copy of an experiment, by its architecture."""
    return lambda arch: copied(built[arch], tmp_path / arch)
