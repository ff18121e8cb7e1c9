"""Damage in what `export` and `evaluate` read, and in an exported folder whose sums were made to fit."""

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from itertools import islice
from pathlib import Path
from shutil import copytree

import pytest

from pipeline.errors import UserError
from pipeline.params import Params
from pipeline.predict import load
from pipeline.stages import evaluate, export
from tests.damage import damage
from tests.params import make_params
from tests.predict.conftest import PARAMS, World, sum_again

TEXT = "Анна Смирнова уехала в город Казань."
SOURCES = ["data/raw/*/*.json", "data/raw/*/*/*.json"]
SCORES = ["metrics/ner/*.scores.csv", "metrics/ner/*.types.csv"]
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


def faults(world: World, reader: str, number: int) -> Iterator[str]:
    """Yield each exception that is no `UserError`, and each message that is long or does not name the file."""
    command, patterns = READERS[reader]
    command(world)
    for path in sorted({path for pattern in patterns for path in world.folder.glob(pattern)}):
        whole = path.read_bytes()
        # Weights that overflow are named by their model, not by a file.
        names = (path.name, str(path.parent), "language model: found", "tagger: found")
        for damage_name, damaged in islice(damage(path, random.Random(f"{number} {path.name}")), number):
            path.write_bytes(damaged)
            try:
                command(world)
            except UserError as error:
                line = str(error)
                if len(line) > 700 or "\n" in line or not any(name in line for name in names):
                    yield f"{path.relative_to(world.folder)}, {damage_name}: {line[:900]}"
            except Exception as error:
                yield f"{path.relative_to(world.folder)}, {damage_name}: {type(error).__name__}: {str(error)[:200]}"
        path.write_bytes(whole)


@pytest.mark.parametrize("number", [1, pytest.param(10, marks=pytest.mark.slow)])
@pytest.mark.parametrize("reader", READERS)
def test_damage_is_one_line(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: str, number: int
) -> None:
    monkeypatch.setattr("pipeline.ner.scoring.calibration.STEPS", 1)
    copy = World(copytree(world.folder, tmp_path / "copy"))
    assert not (lines := [*faults(copy, reader, number)]), "\n".join(lines)
