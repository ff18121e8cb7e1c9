"""A small corpus with structure: after every token comes its successor, most of the time."""

from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from pipeline.files.ids import write_ids
from pipeline.files.vocabulary import SPECIALS, Entry, Vocabulary
from pipeline.lm.encoders.chars import vocabulary_char_ids
from pipeline.lm.encoders.load import TABLE, make_encoder
from pipeline.lm.settings import (
    UNTRAINED,
    ArchSettings,
    CharCnnSettings,
    CharCnnShape,
    CnnSettings,
    LmSettings,
    NgramSettings,
    TrainingSettings,
)
from pipeline.params import load_params
from tests.lm.project import ROOT, Make, Project, make_project

TYPES = 40
ARCHS = load_params(ROOT / "params.yaml").archs
CELLS = {arch.cell: arch.options for arch in ARCHS.values() if arch.cell not in UNTRAINED}
"""Every cell that is trained, of the committed archs, with its options there."""


def arch_of(cell: str, layers: int = 2, residual: bool = False) -> ArchSettings:
    return ArchSettings(cell=cell, layers=layers, residual=residual, options=CELLS.get(cell, {}))


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Projects by name, on the same inputs."""
    inputs = tmp_path_factory.mktemp("inputs")
    make_vocabulary(inputs / "vocabulary")
    make_charcnn(inputs / "charcnn")
    return lambda name: make_project(tmp_path_factory.mktemp(name), inputs / "vocabulary", inputs / "charcnn")


@pytest.fixture(scope="session")
def undisturbed(make: Make) -> Project:
    """One that was let be."""
    project = make("undisturbed")
    assert project.run()[0] == 0
    assert not list(project.checkpoints.iterdir())
    return project


def training(**changes: object) -> TrainingSettings:
    values = {
        "batch_tokens": 200,
        "epochs": 1,
        "learning_rate": 0.01,
        "warmup": 0.1,
        "weight_decay": 0.01,
        "clip": 1.5,
        "dropout": 0.0,
        "accumulation": 1,
        "cutoffs": [20],
    }
    return TrainingSettings.model_validate(values | changes)


@pytest.fixture
def lm_settings() -> LmSettings:
    return LmSettings(hidden=16, training=training())


@pytest.fixture
def charcnn_shape() -> CharCnnShape:
    shape = small_charcnn().shape
    assert isinstance(shape, CharCnnShape)
    return shape


def small_charcnn(encoder: Literal["cnn", "ngrams"] = "cnn") -> CharCnnSettings:
    return CharCnnSettings(
        source="train",
        encoder=encoder,
        cnn=CnnSettings(embedding=8, filters=[8, 16, 16], highway=1, activation="relu"),
        ngrams=NgramSettings(lengths=[2, 3], buckets=256, width=16),
        projection=16,
        training=training(epochs=4),
    )


@pytest.fixture
def vocabulary_folder(tmp_path: Path) -> Path:
    make_vocabulary(tmp_path / "vocabulary")
    return tmp_path / "vocabulary"


def make_vocabulary(folder: Path) -> None:
    """A `data/vocabulary` folder: 300 training texts and 30 validation texts of 1 to 20 tokens."""
    folder.mkdir()
    Vocabulary([Entry(f"слово{i}", 100 - i) for i in range(TYPES)], len(SPECIALS) + TYPES).save(folder)
    generator = np.random.default_rng(1)
    for name, texts in (("train", 300), ("validation", 30)):
        write_ids(folder, name, [_text(generator) for _ in range(texts)])


def make_charcnn(folder: Path) -> None:
    """A `models/charcnn` folder, untrained: some vector for every type of `make_vocabulary`."""
    folder.mkdir()
    module, types = make_encoder(small_charcnn().shape).eval(), [f"слово{i}" for i in range(TYPES)]
    module.save(folder)
    np.save(folder / TABLE, module.vectors(vocabulary_char_ids([*SPECIALS, *types])).astype(np.float16))


def _text(generator: np.random.Generator) -> list[int]:
    start, length = generator.integers(TYPES), generator.integers(1, 21)
    ids = (start + np.arange(length)) % TYPES
    noise = generator.random(length) < 0.1
    ids[noise] = generator.integers(0, TYPES, noise.sum())
    return [len(SPECIALS) + int(i) for i in ids]
