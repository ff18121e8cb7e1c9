"""What a stage reads may be damaged: one line that names the file, and never a traceback or a training on it."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from pipeline.errors import UserError
from pipeline.files.ids import IdSequences, write_ids
from pipeline.files.vocabulary import Entry, Vocabulary
from pipeline.lm.encoders.load import TABLE, TableInputs
from pipeline.work.checkpoint import State, open_checkpoint

Damage = Callable[[Path], object]


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def garbage(path: Path) -> None:
    path.write_bytes(b"\xff\x00garbage" * 20)


def gone(path: Path) -> None:
    path.unlink()


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


EVERY = pytest.mark.parametrize("damage", [cut, empty, garbage, gone, folder])


@EVERY
def test_a_table(tmp_path: Path, damage: Damage) -> None:
    np.save(tmp_path / TABLE, np.zeros((7, 3), np.float16))
    TableInputs(tmp_path / TABLE, (7, 3), torch.device("cpu"))
    damage(tmp_path / TABLE)
    with pytest.raises(UserError, match=r"vectors\.npy: .*dvc repro charcnn"):
        TableInputs(tmp_path / TABLE, (7, 3), torch.device("cpu"))


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
        TableInputs(tmp_path / TABLE, (7, 3), torch.device("cpu"))


@EVERY
@pytest.mark.parametrize("name", ["train.ids", "train.offsets"])
def test_ids(tmp_path: Path, damage: Damage, name: str) -> None:
    write_ids(tmp_path, "train", [[1, 2, 3], [4, 5]])
    assert IdSequences(tmp_path, "train", 10)[1].tolist() == [4, 5]
    damage(tmp_path / name)
    with pytest.raises(UserError, match=r"train\.(ids|offsets): .*dvc repro vocabulary"):
        IdSequences(tmp_path, "train", 10)


@EVERY
@pytest.mark.parametrize("name", ["vocabulary.txt", "vocabulary.json"])
def test_a_vocabulary(tmp_path: Path, damage: Damage, name: str) -> None:
    Vocabulary([Entry("дом", 3), Entry("кот", 2)], size=4).save(tmp_path)
    assert len(Vocabulary.load(tmp_path)) == 5
    damage(tmp_path / name)
    with pytest.raises(UserError, match=r".*dvc repro vocabulary"):
        Vocabulary.load(tmp_path)


@pytest.mark.parametrize("metadata", [None, {}, {"facts": "{"}, {"facts": "null"}, {"facts": '{"step": "x"}'}])
def test_a_checkpoint_without_facts(tmp_path: Path, metadata: dict[str, str] | None) -> None:
    with open_checkpoint(tmp_path, "run", 1) as checkpoint:
        save_file({"weight": torch.zeros(2)}, checkpoint.path, metadata)
        with pytest.raises(UserError, match=r"cannot be read as a checkpoint .*delete it"):
            checkpoint.load()
        assert checkpoint.describe() == "none is saved yet"
        checkpoint.save(State({"weight": torch.zeros(2)}, {"step": 7}))
        assert "is of step 7" in checkpoint.describe()
    with suppress(KeyError), open_checkpoint(tmp_path, "run", 1) as checkpoint:
        checkpoint.save(State({"weight": torch.zeros(2)}, {"step": 7}))
        raise KeyError
    with open_checkpoint(tmp_path, "run", 1) as checkpoint:
        assert checkpoint.load() and "is of step 7" in checkpoint.describe()


@pytest.mark.parametrize("place", ["run", "run/lock"])
def test_a_file_where_a_folder_belongs_or_the_other_way(tmp_path: Path, place: str) -> None:
    if place == "run":
        (tmp_path / place).write_text("", encoding="utf-8")
    else:
        (tmp_path / place).mkdir(parents=True)
    with pytest.raises(UserError, match=r"a lock is kept in"), open_checkpoint(tmp_path, "run", 1):
        pass
