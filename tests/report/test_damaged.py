"""A reader of a file that was damaged between the stages says so in one line that names the file, or does not mind."""

import random
from collections.abc import Callable, Iterator
from functools import cache
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
from tests.report.conftest import copied
from tests.report.world import params_of

Command = Callable[[Paths], object]
CPU = torch.device("cpu")
params = cache(lambda: params_of("lstm", sets=["wikineural"]))
"""One data set is as good as two."""


def _again(paths: Paths, stage: str, *sources: str) -> Paths:
    """A project in which a stage reads these folders of `paths`, and writes elsewhere."""
    again = Paths(paths.root / "again" / stage)
    for name in sources:
        link: Path = getattr(again, name)
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.exists():
            link.symlink_to(getattr(paths, name))
    return again


def _text(paths: Paths) -> None:
    sentences.run(_again(paths, "sentences", "documents"), params())
    fragments.run(_again(paths, "fragments", "sentences"), params())
    lowercase.run(_again(paths, "lowercase", "fragments"), params())
    vocabulary.run(_again(paths, "vocabulary", "lemmas"), params())


TEXT, COUNTS = "data/[dsfl]*/*.txt", "data/*/counts.json"
SET = ["data/ner/wikineural/*", "data/predictions/wikineural/*", "metrics/ner/wikineural.*"]
READERS: dict[str, tuple[Command, list[str]]] = {
    "report": (
        lambda paths: report.run(paths, params()),
        [COUNTS, *SET, "models/lm/charcnn.*", "metrics/*.json", "metrics/*.csv"],
    ),
    "show": (lambda paths: summary(paths.metrics), ["metrics/*a*.json", "metrics/ner/wikineural.json"]),
    "data": (lambda paths: data.run(paths, params()), [TEXT, COUNTS, "data/vocabulary/*"]),
    "text": (_text, [TEXT]),
    "pretrain": (
        lambda paths: pretrain.run(_again(paths, "pretrain", "vocabulary", "charcnn"), params()),
        ["data/vocabulary/*", "models/charcnn/*"],
    ),
    "embed": (lambda paths: Embedder.load(paths.lm, CPU).layers([["река", "я"]]), ["models/lm/*"]),
}


@pytest.fixture
def paths(reported: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    """A copy whose pictures are drawn but not written, which takes most of a report's time."""
    for stage in (report, data):
        monkeypatch.setattr(stage, "save", lambda folder, name, draw, *args: draw(*args) and "<svg ></svg>")
    return copied(reported, tmp_path / "copy")


def faults(paths: Paths, reader: str, number: int, step: int) -> Iterator[str]:
    """Damage every `step`-th file that the reader reads, in `number` ways; yield each fault.

    A fault is an exception that is no `UserError`, or a message that is long or does not name the file.
    """
    command, patterns = READERS[reader]
    command(paths)
    files = sorted({path for pattern in patterns for path in paths.root.glob(pattern) if path.is_file()})
    assert len(files) >= 3
    for path in files[::step]:
        whole, names = path.read_bytes(), (path.name, path.stem, str(path.parent))
        for way, damaged in islice(damage(path, random.Random(f"{number} {reader} {path.name}")), number):
            path.write_bytes(damaged)
            case = f"{path.relative_to(paths.root)}, {way}"
            try:
                command(paths)
            except UserError as error:
                message = str(error)
                if len(message) > LONGEST or "\n" in message or not any(name in message for name in names):
                    yield f"{case}: {message[:900]}"
            except Exception as error:
                yield f"{case}: {type(error).__name__}: {str(error)[:200]}"
            path.write_bytes(whole)


@pytest.mark.parametrize("number", [1, pytest.param(10, marks=pytest.mark.slow)])
@pytest.mark.parametrize("reader", READERS)
def test_damage_is_one_line(paths: Paths, reader: str, number: int) -> None:
    step = 3 if number == 1 and reader in ("report", "data") else 1  # these take a quarter of a second a file
    assert not (lines := [*faults(paths, reader, number, step)]), "\n".join(lines)
