"""Damage in what `export` and `evaluate` read, and in an exported folder whose sums were made to fit."""

import random
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from shutil import copytree

import pytest

from pipeline.errors import UserError
from pipeline.files.json import read_json, write_json
from pipeline.ner.exported import SETTINGS, sum_parts
from pipeline.predict import load
from pipeline.stages import evaluate, export
from tests.damage import damage
from tests.params import make_params
from tests.predict.conftest import PARAMS, World


class Copy(World):
    """A copy of a world, to be damaged."""

    def __init__(self, world: World, folder: Path) -> None:
        super().__init__(copytree(world.folder, folder))

    def predict(self) -> None:
        """With the sums of the files as they are."""
        settings = self.exported / SETTINGS
        with suppress(UserError, TypeError):  # where tagger.json itself is damaged
            write_json(settings, read_json(settings) | {"parts": sum_parts(self.exported)})
        load(self.exported)("Анна Смирнова уехала в город Казань.")

    def export(self) -> None:
        export.run(self.paths, make_params(PARAMS), "wikineural")

    def evaluate(self) -> None:
        evaluate.run(self.paths, make_params(PARAMS | {"evaluate.bootstrap": 5}), "wikineural")


READERS = {
    "predict": (Copy.predict, ["models/tagger/*/tagger.json", "models/tagger/*/lm/*", "models/tagger/*/tagger/*"]),
    "export": (
        Copy.export,
        [
            "data/raw/*/*.json",
            "data/raw/*/*/*.json",
            "metrics/ner/*.scores.csv",
            "metrics/ner/*.types.csv",
            "data/ner/*/*",
        ],
    ),
    "evaluate": (
        Copy.evaluate,
        ["data/ner/*/labels.json", "data/ner/*/test.tsv", "models/ner/*/*/*", "models/.features/*/*"],
    ),
}


def _check(world: Copy, reader: str, seed: int, number: int) -> Iterator[str]:
    command, patterns = READERS[reader]
    command(world)
    for path in sorted({path for pattern in patterns for path in world.folder.glob(pattern)}):
        whole = path.read_bytes()
        for what, damaged in islice(damage(path, random.Random(f"{seed} {path.name}")), number):
            path.write_bytes(damaged)
            place = f"{path.relative_to(world.folder)}, {what}"
            try:
                command(world)
            except UserError as error:
                said = str(error)
                names = (
                    path.name,
                    str(path.parent),
                    "language model: found",
                    "tagger: found",
                )  # what overflows is in no file
                if len(said) > 700 or "\n" in said or not any(name in said for name in names):
                    yield f"{place}: {said[:900]}"
            except Exception as error:
                yield f"{place}: {type(error).__name__}: {str(error)[:200]}"
            path.write_bytes(whole)
            if path.is_relative_to(world.exported):
                world.predict()


@pytest.mark.parametrize("reader", READERS)
def test_damage_is_one_line(world: World, tmp_path: Path, reader: str) -> None:
    assert not (faults := [*_check(Copy(world, tmp_path / "copy"), reader, seed=1, number=2)]), "\n".join(faults)


@pytest.mark.slow
@pytest.mark.parametrize("reader", READERS)
def test_damage_of_every_kind_is_one_line(world: World, tmp_path: Path, reader: str) -> None:
    assert not (faults := [*_check(Copy(world, tmp_path / "copy"), reader, seed=2, number=10)]), "\n".join(faults)
