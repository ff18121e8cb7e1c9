"""Damage in what `export` and `evaluate` read, and in an exported folder whose sums were made to fit."""

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from shutil import copytree

import pytest

from pipeline.params import Params
from pipeline.predict import load
from pipeline.stages import evaluate, export
from tests.damage import faults
from tests.params import make_params
from tests.predict.conftest import PARAMS, World, sum_again

TEXT = "Анна Смирнова уехала в город Казань."
SOURCES = ["data/raw/*/*.json", "data/raw/*/*/*.json"]
SCORES = ["metrics/ner/*.scores.csv", "metrics/ner/*.types.csv", "metrics/ner/*.typos.csv"]
TESTED = ["data/ner/*/labels.json", "data/ner/*/test.tsv", "models/ner/*/*/*", "models/.features/*/*"]


@cache  # reading them would take half the time of each case
def params() -> Params:
    return make_params(PARAMS | {"evaluate.bootstrap": 5})


def predict(world: World) -> None:
    """Make the sums fit the files, and tag a text."""
    with suppress(ValueError, TypeError, RecursionError):  # where tagger.json itself is damaged
        sum_again(world.exported)
    load(world.exported)(TEXT)


READERS: dict[str, tuple[Callable[[World], None], list[str]]] = {
    "predict": (predict, [f"models/tagger/*/{part}" for part in ("tagger.json", "lm/*", "tagger/*")]),
    "export": (lambda world: export.run(world.paths, params(), "wikineural"), [*SOURCES, *SCORES, "data/ner/*/*"]),
    "evaluate": (lambda world: evaluate.run(world.paths, params(), "wikineural"), TESTED),
}


@pytest.mark.parametrize("number", [1, pytest.param(10, marks=pytest.mark.slow)])
@pytest.mark.parametrize("reader", READERS)
def test_damage_is_one_line(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: str, number: int
) -> None:
    monkeypatch.setattr("pipeline.ner.scoring.calibration.STEPS", 1)
    copy = World(copytree(world.folder, tmp_path / "copy"))
    read, patterns = READERS[reader]
    assert not (lines := [*faults(lambda: read(copy), copy.folder, patterns, number)]), "\n".join(lines)
