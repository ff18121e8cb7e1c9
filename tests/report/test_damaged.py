"""A reader of a file that was damaged between the stages says so in one line that names the file, or does not mind."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import torch

from pipeline.lm.embed import Embedder
from pipeline.paths import Paths
from pipeline.report.summary import summary
from pipeline.stages import data, fragments, lowercase, pretrain, report, sentences, vocabulary
from tests.damage import faults
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
    fragments.run(_again(paths, "fragments", "sentences", "raw_ner"), params())
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


@pytest.mark.parametrize("number", [1, pytest.param(10, marks=pytest.mark.slow)])
@pytest.mark.parametrize("reader", READERS)
def test_damage_is_one_line(paths: Paths, reader: str, number: int) -> None:
    step = 3 if number == 1 and reader in ("report", "data") else 1  # these take a quarter of a second a file
    read, patterns = READERS[reader]
    assert not (lines := [*faults(lambda: read(paths), paths.root, patterns, number, step)]), "\n".join(lines)
