"""Ten times the text takes no more memory: what grows is held against what was read."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.stages import documents, fragments, lemmas, lowercase, sentences, vocabulary
from pipeline.text.settings import TextSettings, VocabularySettings
from tests.memory import traced_peak
from tests.text.conftest import OURS
from tests.text.project import STAGES, Words
from tests.text.test_stages import alone, raw_news

TEXT = TextSettings(segmenter="razdel", fragment_words=5, shard_megabytes=0.05)
VOCABULARY = VocabularySettings(size=50, min_count=2, validation_share=0.3)
SIZES = 50, 350
"""Documents of about 1.3 kB."""


def write_news(folder: Path, number: int) -> Path:
    chance = random.Random(1)
    words = [f"слово{n}" for n in range(40)]
    lines = [[" ".join(chance.choices(words, k=4)).capitalize() + "." for _ in range(25)] for _ in range(number)]
    return raw_news(folder / "raw", ("a.txt", "text", "\n\n".join(" ".join(group) for group in lines)))


def peaks(folder: Path, number: int) -> dict[str, int]:
    """The most bytes that Python held at a time in each stage."""
    news, model = write_news(folder, number), folder / "model"
    model.touch()
    at, workers = [folder / stage for stage in STAGES], alone(folder)
    runs: list[Callable[[], None]] = [
        lambda: documents.run(news, at[0], TEXT, workers),
        lambda: sentences.run(at[0], at[1], workers),
        lambda: fragments.run(at[1], at[2], TEXT, workers),
        lambda: lowercase.run(at[2], at[3], True, workers),
        lambda: lemmas.run(at[3], model, at[4], OURS, workers),
        lambda: vocabulary.run(at[4], at[5], VOCABULARY, 1, workers),
    ]
    found = {}
    for stage, run in zip(STAGES, runs, strict=True):
        found[stage] = traced_peak(run)
    return found


def test_no_stage_holds_what_it_has_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lemmas, "Lemmatizer", Words)
    (tmp_path / "warm").mkdir()
    peaks(tmp_path / "warm", 20)  # what is loaded at first use
    found, read = [], []
    for number in SIZES:
        folder = tmp_path / str(number)
        folder.mkdir()
        found.append(peaks(folder, number))
        read.append((folder / "raw" / "a.txt").stat().st_size)
    growth = {stage: (found[1][stage] - found[0][stage]) / (read[1] - read[0]) for stage in STAGES}
    assert max(growth.values()) < 0.25, growth  # garbage waits for its collection, so it is not zero
