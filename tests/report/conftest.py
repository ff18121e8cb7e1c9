from collections.abc import Callable, Sequence
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from pipeline.paths import Paths
from pipeline.stages import report
from tests.report.world import PROTOCOL, TYPES, build, params_of


class World:
    """Folders of an experiment."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths
        self.data, self.metrics, self.lm = paths.data, paths.metrics, paths.lm

    def report(
        self, arch: str, scale: str, sets: Sequence[str] = tuple(TYPES), protocol: dict[str, Any] = PROTOCOL
    ) -> str:
        """Run the stage with empty pictures, since drawing takes seconds; return the page as Markdown."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(report, "save", save_nothing)
            self.draw(arch, scale, sets, protocol)
        return self.markdown

    def draw(
        self, arch: str, scale: str, sets: Sequence[str] = tuple(TYPES), protocol: dict[str, Any] = PROTOCOL
    ) -> None:
        """Run the stage as it is."""
        report.run(self.paths, params_of(arch, scale, sets, protocol))

    @property
    def markdown(self) -> str:
        return (self.metrics / "report.md").read_text(encoding="utf-8")

    @property
    def html(self) -> str:
        return (self.metrics / "report.html").read_text(encoding="utf-8")


def save_nothing(folder: Path, name: str, *_: object) -> str:
    """In place of `pipeline.report.plots.style.save`."""
    for form in ("png", "svg"):
        (folder / f"{name}.{form}").touch()
    return "<svg ></svg>"


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, World]:
    """An experiment with a language model and one without; not to be written to."""
    with pytest.MonkeyPatch.context() as patch:
        return {arch: World(build(tmp_path_factory.mktemp(arch), arch, patch)) for arch in ("lstm", "charcnn")}


def copied(world: World, folder: Path) -> World:
    return World(Paths(copytree(world.paths.root, folder, dirs_exist_ok=True)))


@pytest.fixture(scope="session")
def reported(built: dict[str, World], tmp_path_factory: pytest.TempPathFactory) -> World:
    """A copy of the experiment with a language model, at scale demo, and its report with pictures; not written to."""
    world = copied(built["lstm"], tmp_path_factory.mktemp("reported"))
    world.draw("lstm", "demo")
    return world


@pytest.fixture(scope="session")
def local_page(built: dict[str, World], tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of the experiment with a language model, at scale local, as Markdown."""
    return copied(built["lstm"], tmp_path_factory.mktemp("local")).report("lstm", "local")


@pytest.fixture(scope="session")
def reported_charcnn(built: dict[str, World], tmp_path_factory: pytest.TempPathFactory) -> World:
    """The same without a language model, at scale local, and without pictures."""
    world = copied(built["charcnn"], tmp_path_factory.mktemp("reported-charcnn"))
    world.report("charcnn", "local")
    return world


@pytest.fixture
def copy(built: dict[str, World], tmp_path: Path) -> Callable[[str], World]:
    """A copy of an experiment, by its architecture."""

    return lambda arch: copied(built[arch], tmp_path / arch)
