"""A small corpus with structure: after every token comes its successor, most of the time."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from pipeline.files.ids import write_ids
from pipeline.files.vocabulary import SPECIALS, Entry, Vocabulary
from pipeline.lm.encoders.chars import vocabulary_char_ids
from pipeline.lm.encoders.load import TABLE, make_encoder
from pipeline.lm.settings import CharCnnSettings, CharCnnShape, CnnSettings, NgramSettings, SpellingSettings
from tests.conftest import RunCommand
from tests.lm.elmo.drawn import OPTIONS, draw, write_elmo
from tests.lm.project import Make, Project, make_project, training
from tests.lm.world import run_charcnn, run_pretrain

TYPES = 40
Trained = Callable[[str], Path]
Command = Callable[..., tuple[object, str]]
Fails = Callable[..., str]


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    inputs = tmp_path_factory.mktemp("inputs")
    make_vocabulary(inputs / "vocabulary", texts=100)
    make_charcnn(inputs / "charcnn")
    return lambda name: make_project(tmp_path_factory.mktemp(name), inputs / "vocabulary", inputs / "charcnn")


@pytest.fixture(scope="session")
def undisturbed(make: Make) -> Project:
    """A finished project in which nothing happened."""
    project = make("undisturbed")
    assert project.run()[0] == 0
    assert not list(project.checkpoints.iterdir())
    return project


@pytest.fixture
def charcnn_shape() -> CharCnnShape:
    shape = small_charcnn().shape()
    assert isinstance(shape, CharCnnShape)
    return shape


def small_charcnn(
    encoder: Literal["cnn", "ngrams", "vectors"] = "cnn", source: Literal["train", "vectors"] = "train", known: int = 0
) -> CharCnnSettings:
    return CharCnnSettings(
        source=source,
        encoder=encoder,
        cnn=CnnSettings(embedding=8, filters=[8, 16, 16], highway=1, activation="relu"),
        ngrams=NgramSettings(lengths=[2, 3], buckets=256, width=16),
        projection=16,
        training=training(epochs=2),
        spelling=SpellingSettings(words=1000, batch_words=16, epochs=3, learning_rate=0.01, held_out=0.1, known=known),
    )


@pytest.fixture(scope="session")
def vocabulary_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shared") / "vocabulary"
    make_vocabulary(folder)
    return folder


@pytest.fixture(scope="session")
def charcnn_folder(vocabulary_folder: Path) -> Path:
    folder = vocabulary_folder.with_name("charcnn")
    run_charcnn(vocabulary_folder, folder, small_charcnn())
    return folder


@pytest.fixture(scope="session")
def trained(vocabulary_folder: Path, charcnn_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """The language model of a cell, trained once, for a third of an epoch; not to be written to."""

    @cache
    def train(cell: str) -> Path:
        folder = tmp_path_factory.mktemp(cell) / "lm"
        run_pretrain(vocabulary_folder, charcnn_folder, folder, cell, epochs=0.3)
        return folder

    return train


@pytest.fixture
def command(run_command: RunCommand) -> Command:
    """Run `python -m pipeline ...`; return its exit code and what it wrote to standard error."""
    return lambda *arguments: run_command(*arguments)[::2]


@pytest.fixture
def elmo(tmp_path: Path) -> Path:
    """The folder of a published ELMo, its weights drawn."""
    return write_elmo(tmp_path / "model", OPTIONS, draw(OPTIONS))


@pytest.fixture
def fails(command: Command, tmp_path: Path) -> Fails:
    """What `embed` says of a bad model or text: one line, exit code 1, and the file that was there is untouched."""

    def run(model: Path, text: bytes = b"a") -> str:
        folder = tmp_path / "work"
        folder.mkdir(exist_ok=True)
        (folder / "sentences.txt").write_bytes(text)
        (folder / "out.npz").write_bytes(b"before")
        code, message = command("embed", model, folder / "sentences.txt", folder / "out.npz", "--device", "cpu")
        assert code == 1
        assert message.startswith("error: ") and message.endswith("\n") and message.count("\n") == 1
        assert sorted(path.name for path in folder.iterdir()) == ["out.npz", "sentences.txt"]
        assert (folder / "out.npz").read_bytes() == b"before"
        return message

    return run


def make_vocabulary(folder: Path, texts: int = 300) -> None:
    """Write a `data/vocabulary` folder: training texts, and a tenth as many of validation, of 1 to 20 tokens."""
    folder.mkdir()
    Vocabulary([Entry(f"слово{i}", 100 - i) for i in range(TYPES)], len(SPECIALS) + TYPES).save(folder)
    generator = np.random.default_rng(1)
    for name, number in (("train", texts), ("validation", texts // 10)):
        write_ids(folder, name, [_text(generator) for _ in range(number)])


def make_charcnn(folder: Path) -> None:
    """Write a `models/charcnn` folder, untrained: a vector for every type of `make_vocabulary`."""
    folder.mkdir()
    module, types = make_encoder(small_charcnn().shape()).eval(), [f"слово{i}" for i in range(TYPES)]
    module.save(folder)
    np.save(folder / TABLE, module.vectors(vocabulary_char_ids([*SPECIALS, *types])).astype(np.float16))


def _text(generator: np.random.Generator) -> list[int]:
    start, length = generator.integers(TYPES), generator.integers(1, 21)
    ids = (start + np.arange(length)) % TYPES
    noise = generator.random(length) < 0.1
    ids[noise] = generator.integers(0, TYPES, noise.sum())
    return [len(SPECIALS) + int(i) for i in ids]
