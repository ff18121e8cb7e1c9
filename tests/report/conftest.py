from collections.abc import Callable, Sequence
from pathlib import Path
from shutil import copytree
from typing import NamedTuple

import pytest

from pipeline.stages import report
from tests.report.world import BOOTSTRAP, TYPES, build

SETTINGS = {"seed": 1, "archs.lstm": {"cell": "lstm"}, "scales.demo": {"ner": {"seeds": [1, 2]}}}


class World(NamedTuple):
    """Folders of an experiment."""

    data: Path
    metrics: Path
    lm: Path

    def report(self, arch: str, scale: str, sets: Sequence[str] = tuple(TYPES)) -> None:
        """Run the stage."""
        report.run(report.Sources(*self), report.Choice(arch, scale, [*sets], SETTINGS, BOOTSTRAP, seed=1))

    @property
    def html(self) -> str:
        """The page."""
        return (self.metrics / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, World]:
    """An experiment with a language model and one without; not to be written to."""
    with pytest.MonkeyPatch.context() as patch:
        return {arch: World(*build(tmp_path_factory.mktemp(arch), arch, patch)) for arch in ("lstm", "charcnn")}


@pytest.fixture(scope="session")
def reported(built: dict[str, World], tmp_path_factory: pytest.TempPathFactory) -> World:
    """A copy of the experiment with a language model, at scale demo, and its report; the same report may go over it."""
    folder = tmp_path_factory.mktemp("reported")
    world = World(*(copytree(source, folder / source.name) for source in built["lstm"]))
    world.report("lstm", "demo")
    return world


@pytest.fixture(scope="session")
def reported_charcnn(built: dict[str, World], tmp_path_factory: pytest.TempPathFactory) -> World:
    """The same without a language model, at scale local."""
    folder = tmp_path_factory.mktemp("reported-charcnn")
    world = World(*(copytree(source, folder / source.name) for source in built["charcnn"]))
    world.report("charcnn", "local")
    return world


@pytest.fixture
def copy(built: dict[str, World], tmp_path: Path) -> Callable[[str], World]:
    """A copy of an experiment, by its architecture."""

    def make(arch: str) -> World:
        copies = [copytree(folder, tmp_path / arch / folder.name) for folder in built[arch]]
        return World(*copies)

    return make
