"""Ten times the text takes no more memory: what grows is held against what was read."""

import random
from functools import partial
from pathlib import Path

import pytest

from pipeline.paths import Paths
from pipeline.stages import documents, fragments, lemmas, lowercase, sentences, vocabulary
from tests.memory import traced_peak
from tests.params import make_params
from tests.text.project import STAGES, Words
from tests.text.test_stages import write_news

PARAMS = make_params(
    {
        "text": {"segmenter": "razdel", "fragment_words": 5, "shard_megabytes": 0.05},
        "vocabulary": {"size": 50, "min_count": 2, "validation_share": 0.3},
    }
)
SIZES = 40, 200
"""Documents of about 1.3 kB."""


def write_articles(paths: Paths, number: int) -> Path:
    chance = random.Random(1)
    words = [f"слово{n}" for n in range(40)]
    lines = [[" ".join(chance.choices(words, k=4)).capitalize() + "." for _ in range(25)] for _ in range(number)]
    return write_news(paths, ("a.txt", "text", "\n\n".join(" ".join(group) for group in lines)))


def peaks(folder: Path, number: int) -> dict[str, int]:
    """The most bytes that Python held at a time in each stage."""
    paths = Paths(folder)
    write_articles(paths, number)
    paths.udpipe.parent.mkdir(parents=True)
    paths.udpipe.touch()
    stages = (documents, sentences, fragments, lowercase, lemmas, vocabulary)
    return {name: traced_peak(partial(stage.run, paths, PARAMS)) for name, stage in zip(STAGES, stages, strict=True)}


def test_no_stage_holds_what_it_has_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lemmas, "Lemmatizer", Words)
    monkeypatch.setattr(documents, "BATCH", 10_000)
    (tmp_path / "warm").mkdir()
    peaks(tmp_path / "warm", 20)  # what is loaded at first use
    held, read = [], []
    for number in SIZES:
        folder = tmp_path / str(number)
        folder.mkdir()
        held.append(peaks(folder, number))
        read.append((Paths(folder).news / "a.txt").stat().st_size)
    growth = {stage: (held[1][stage] - held[0][stage]) / (read[1] - read[0]) for stage in STAGES}
    assert max(growth.values()) < 0.25, growth  # garbage waits for its collection, so it is not zero
