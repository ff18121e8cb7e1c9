"""A reader of a file that was damaged between the stages says so in one line that names the file, or does not mind."""

import random
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest
import torch

from pipeline.errors import LONGEST, UserError
from pipeline.lm.embed import Embedder
from pipeline.paths import Paths
from pipeline.report.summary import summary
from pipeline.stages import data, fragments, lowercase, pretrain, report, sentences, vocabulary
from tests.damage import damage
from tests.report.conftest import World, copied
from tests.report.world import params_of

Command = Callable[[World], object]
CPU = torch.device("cpu")


def _again(world: World, stage: str, *sources: str) -> Paths:
    """A project in which a stage reads these folders of the world's, and writes elsewhere."""
    paths = Paths(world.paths.root / "again" / stage)
    for name in sources:
        link: Path = getattr(paths, name)
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.exists():
            link.symlink_to(getattr(world.paths, name))
    return paths


def _text(world: World) -> None:
    params = params_of("lstm")
    sentences.run(_again(world, "sentences", "documents"), params)
    fragments.run(_again(world, "fragments", "sentences"), params)
    lowercase.run(_again(world, "lowercase", "fragments"), params)
    vocabulary.run(_again(world, "vocabulary", "lemmas"), params)


def _pretrain(world: World) -> None:
    pretrain.run(_again(world, "pretrain", "vocabulary", "charcnn"), params_of("lstm"))


def _embed(world: World) -> None:
    Embedder.load(world.lm, CPU).layers([["река", "я"]])


TEXT = ["data/[dsfl]*/*.txt"]
SET = "wikineural"
"""One data set is as good as two."""
METRICS = ["metrics/data.json", "metrics/pretrain.json", f"metrics/ner/{SET}.json"]
REPORTED = ["data/*/counts.json", f"data/ner/{SET}/*", f"data/predictions/{SET}/*", "models/lm/charcnn.*"]
READERS: dict[str, tuple[Command, list[str]]] = {
    "report": (
        lambda world: report.run(world.paths, params_of("lstm", sets=[SET])),
        [*REPORTED, "metrics/*.json", "metrics/*.csv", f"metrics/ner/{SET}.*"],
    ),
    "show": (lambda world: summary(world.metrics), METRICS),
    "data": (lambda world: data.run(world.paths, params_of("lstm")), [*TEXT, *REPORTED[:1], "data/vocabulary/*"]),
    "text": (_text, TEXT),
    "pretrain": (_pretrain, ["data/vocabulary/*", "models/charcnn/*"]),
    "embed": (_embed, ["models/lm/*"]),
}


@pytest.fixture
def world(reported: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A copy whose pictures are drawn but not written, which takes most of a report's time."""
    for stage in (report, data):
        monkeypatch.setattr(stage, "save", lambda folder, name, draw, *args: draw(*args) and "<svg ></svg>")
    return copied(reported, tmp_path / "world")


def faults(world: World, reader: str, number: int, step: int) -> Iterator[str]:
    """Damage every `step`-th file that the reader reads, in `number` ways; yield each fault.

    A fault is an exception that is no `UserError`, or a message that is long or does not name the file.
    """
    command, patterns = READERS[reader]
    command(world)
    top = world.paths.root
    files = sorted({path for pattern in patterns for path in top.glob(pattern) if path.is_file()})
    assert len(files) >= 3
    for path in files[::step]:
        whole = path.read_bytes()
        for way, damaged in islice(damage(path, random.Random(f"{number} {reader} {path.name}")), number):
            path.write_bytes(damaged)
            case = f"{path.relative_to(top)}, {way}"
            try:
                command(world)
            except UserError as error:
                message = str(error)
                named = any(name in message for name in (path.name, path.stem, str(path.parent)))
                if len(message) > LONGEST or "\n" in message or not named:
                    yield f"{case}: {message[:900]}"
            except Exception as error:
                yield f"{case}: {type(error).__name__}: {str(error)[:200]}"
            path.write_bytes(whole)


@pytest.mark.parametrize("number", [1, pytest.param(10, marks=pytest.mark.slow)])
@pytest.mark.parametrize("reader", READERS)
def test_damage_is_one_line(world: World, reader: str, number: int) -> None:
    step = 2 if number == 1 and reader in ("report", "data") else 1  # these take a quarter of a second a file
    assert not (lines := [*faults(world, reader, number, step)]), "\n".join(lines)
