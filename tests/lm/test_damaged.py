"""What a training reads may be damaged: one line that names the file, and never a traceback or a training on it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from pipeline.errors import UserError
from pipeline.files.ids import IdSequences, write_ids
from pipeline.files.vocabulary import Entry, Vocabulary
from pipeline.lm.encoders.chars import char_ids
from pipeline.lm.encoders.known import KnownWords
from pipeline.lm.encoders.load import TABLE, TableInputs, load_encoder, make_encoder
from pipeline.lm.encoders.words import WordVectors
from pipeline.lm.settings import OURS, KnownShape, WordShape
from pipeline.work.checkpoint import State, open_checkpoint
from tests.damage import faults
from tests.lm.conftest import small_charcnn


def read_table(folder: Path) -> TableInputs:
    return TableInputs(folder / TABLE, (7, 3), torch.device("cpu"))


def read_ids(folder: Path) -> IdSequences:
    return IdSequences(folder, "train", 10)


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


READERS: dict[str, tuple[Callable[[Path], object], str]] = {
    TABLE: (read_table, r"vectors\.npy: .*dvc repro charcnn"),
    "train.ids": (read_ids, r"train\.(ids|offsets): .*dvc repro vocabulary"),
    "train.offsets": (read_ids, r"train\.(ids|offsets): .*dvc repro vocabulary"),
    "vocabulary.txt": (Vocabulary.load, "dvc repro vocabulary"),
    "vocabulary.json": (Vocabulary.load, "dvc repro vocabulary"),
}
DAMAGES: dict[str, Callable[[Path], object]] = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-5]),
    "empty": lambda path: path.write_bytes(b""),
    "garbage": lambda path: path.write_bytes(b"\xff\x00garbage" * 20),
    "gone": lambda path: path.unlink(),
    "folder": make_folder,
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", READERS)
def test_a_damaged_file(tmp_path: Path, damage: str, name: str) -> None:
    np.save(tmp_path / TABLE, np.zeros((7, 3), np.float16))
    write_ids(tmp_path, "train", [[1, 2, 3], [4, 5]])
    Vocabulary([Entry("дом", 3), Entry("кот", 2)], size=4).save(tmp_path)
    read, message = READERS[name]
    read(tmp_path)
    DAMAGES[damage](tmp_path / name)
    with pytest.raises(UserError, match=message):
        read(tmp_path)


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.zeros(7, np.float16), "expected float16 of 2 axes"),
        (np.zeros((7, 3), np.float32), "expected float16 of 2 axes"),
        (np.zeros((6, 3), np.float16), r"found \(6, 3\), expected \(7, 3\), a row for each type"),
        (np.full((7, 3), np.nan, np.float16), "holds NaN or infinite numbers"),
    ],
)
def test_a_table_of_another_kind(tmp_path: Path, array: np.ndarray, expected: str) -> None:
    np.save(tmp_path / TABLE, array)
    with pytest.raises(UserError, match=rf"vectors\.npy: .*{expected}.*; make it again: dvc repro charcnn"):
        read_table(tmp_path)


@pytest.mark.parametrize("metadata", [None, {}, {"facts": "{"}, {"facts": "null"}, {"facts": '{"step": "x"}'}])
def test_a_checkpoint_without_facts(tmp_path: Path, metadata: dict[str, str] | None) -> None:
    with open_checkpoint(tmp_path, "run", 1) as checkpoint:
        save_file({"weight": torch.zeros(2)}, checkpoint.path, metadata)
        with pytest.raises(UserError, match=r"cannot be read as a checkpoint .*delete it"):
            checkpoint.load()
        assert checkpoint.describe() == "none is saved yet"
        checkpoint.save(State({"weight": torch.zeros(2)}, {"step": 7}))
        assert "is of step 7" in checkpoint.describe()


@pytest.mark.parametrize("folder", [False, True])
def test_a_file_where_a_folder_belongs_or_the_other_way(tmp_path: Path, folder: bool) -> None:
    if folder:
        (tmp_path / "run" / "lock").mkdir(parents=True)
    else:
        (tmp_path / "run").touch()
    with pytest.raises(UserError, match=r"a lock is kept in"), open_checkpoint(tmp_path, "run", 1):
        pass


def test_tables_of_words_that_are_damaged(tmp_path: Path) -> None:
    """Their shapes and weights, in any way; what is read in spite of that gives vectors."""
    chars = char_ids(["дом", "кот", "мир"])
    shape = small_charcnn("ngrams").shape()
    words = WordVectors(WordShape(encoder="vectors", words=3, projection=4, reading=OURS))
    for name, module in (
        ("words", words),
        ("known", KnownWords(KnownShape(encoder="known", words=3, others=shape), make_encoder(shape))),
    ):
        (tmp_path / name).mkdir()
        module.save(tmp_path / name)

    def read() -> None:
        for name in ("words", "known"):
            load_encoder(tmp_path / name, torch.device("cpu")).vectors(chars)

    assert not list(faults(read, tmp_path, ["*/charcnn.*"], 60))
