"""Files that are no ELMo, or not a whole one: one line that names file and key or data set, nothing half-written."""

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from pipeline.errors import UserError
from pipeline.sources.elmo import check_both
from tests.lm.conftest import Fails
from tests.lm.elmo.drawn import CASES, changed

Spoil = Callable[[Path], object]
CELL = "RNN_1/RNN/MultiRNNCell/Cell1/LSTMCell"


def options(**changes: Any) -> Spoil:
    """Other options than those of the weights."""
    return lambda folder: (folder / "options.json").write_text(json.dumps(changed(**changes)), encoding="utf-8")


def rename(folder: Path, name: str, other: str) -> Path:
    return (folder / name).rename(folder / other)


def text(content: str | bytes) -> Spoil:
    """Something else under the name of options.json."""
    data = content.encode() if isinstance(content, str) else content
    return lambda folder: (folder / "options.json").write_bytes(data)


def weights(edit: Callable[[h5py.File], object]) -> Spoil:
    """An edit of the HDF5 file, rewritten as a whole."""

    def spoil(folder: Path) -> None:
        with h5py.File(folder / "model.hdf5", "r+") as file:
            edit(file)

    return spoil


def replace(name: str, value: object) -> Spoil:
    def edit(file: h5py.File) -> None:
        del file[name]
        file[name] = value

    return weights(edit)


def file(edit: Callable[[bytes], bytes]) -> Spoil:
    """Other bytes in model.hdf5."""
    return lambda folder: (folder / "model.hdf5").write_bytes(edit((folder / "model.hdf5").read_bytes()))


FAULTS: dict[str, tuple[Spoil, str]] = {
    **{name: (options(**values), message) for name, (values, message) in CASES["faults"].items()},
    "no options": (
        lambda folder: (folder / "options.json").unlink(),
        ": found model.hdf5 in it and no options.json; expected the folder of a published ELMo, with options.json and",
    ),
    "no weights": (
        lambda folder: (folder / "model.hdf5").unlink(),
        ": found none, expected one model.hdf5 or one file whose name ends in .hdf5",
    ),
    "two weights": (
        lambda folder: (shutil.copy(folder / "model.hdf5", folder / "a.hdf5"), rename(folder, "model.hdf5", "b.hdf5")),
        ": found a.hdf5, b.hdf5, expected one model.hdf5",
    ),
    "options that are cut": (text('{"char_cnn": {'), "options.json: not valid JSON: EOF while parsing an object"),
    "options that are a list": (text("[1]"), "options.json: top level: found [1]: input should be"),
    "no section": (text('{"char_cnn": 3}'), "options.json: char_cnn: found 3: input should be an object; lstm: mis"),
    "a long value": (options(dim="9" * 500), f"{'9' * 60}': input should be a valid integer"),
    "no data set": (weights(lambda file: file.pop(f"{CELL}/B")), f"model.hdf5: {CELL}/B: missing, expected floating"),
    "group for a data set": (
        weights(lambda file: (file.pop("char_embed"), file.create_group("char_embed"))),
        "model.hdf5: char_embed: found no data set, expected floating point of shape (261, 5)",
    ),
    "data set for a group": (replace("CNN", np.zeros(3)), "model.hdf5: CNN/W_cnn_0: missing"),
    "link out of the file": (
        replace("char_embed", h5py.ExternalLink("other.hdf5", "/x")),
        "model.hdf5: char_embed: missing",
    ),
    "a transposed array": (replace("CNN_proj/W_proj", np.zeros((7, 18))), "found float64 of shape (7, 18), expected"),
    "whole numbers": (replace("CNN/b_cnn_0", np.zeros(3, int)), "CNN/b_cnn_0: found int64 of shape (3,), expected"),
    "text for numbers": (replace("CNN/b_cnn_0", "abc"), "CNN/b_cnn_0: found object of shape (), expected"),
    "NaN": (replace("CNN/b_cnn_0", np.full(3, np.nan)), "CNN/b_cnn_0: found NaN or infinity, expected finite float32"),
    "beyond float32": (replace("CNN/b_cnn_0", np.full(3, 1e300)), "CNN/b_cnn_0: found NaN or infinity"),
    "cut in half": (file(lambda data: data[: len(data) // 2]), "model.hdf5: truncated: found "),
    "a web page": (file(lambda data: b"<html>404</html>"), "model.hdf5: found 16 bytes that are not HDF5, expected"),
    "noise in its head": (file(lambda data: data[:8] + bytes(200) + data[208:]), "model.hdf5: broken HDF5"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault(elmo: Path, fault: str, fails: Fails) -> None:
    spoil, expected = FAULTS[fault]
    spoil(elmo)
    message = fails(elmo)
    assert str(elmo) in message and expected in message and len(message) < 500


def test_a_compressed_array_that_is_spoiled(elmo: Path, fails: Fails) -> None:
    path = elmo / "model.hdf5"
    with h5py.File(path, "r+") as file:
        values = file["char_embed"][...]
        del file["char_embed"]
        stored = file.create_dataset("char_embed", data=values, compression="gzip", chunks=values.shape)
        chunk = stored.id.get_chunk_info(0)
    data = bytearray(path.read_bytes())
    data[chunk.byte_offset : chunk.byte_offset + chunk.size] = bytes(chunk.size)
    path.write_bytes(data)
    assert "model.hdf5: char_embed: broken (" in fails(elmo)


def test_other_bytes_anywhere_in_the_index(elmo: Path) -> None:
    """h5py meets them with errors of a dozen kinds; what is read in spite of them is whole."""
    path, chance = elmo / "model.hdf5", random.Random(1)
    data, refused = path.read_bytes(), 0
    for _ in range(30):
        damaged = bytearray(data)
        for start in chance.choices(range(chance.choice([100, 2000, len(data) - 8])), k=chance.choice([1, 4])):
            damaged[start : start + 8] = chance.choice([bytes(8), b"\xff" * 8, chance.randbytes(8)])
        path.write_bytes(damaged)
        try:
            check_both(elmo / "options.json", path)
        except UserError as error:
            refused += 1
            assert "model.hdf5: " in str(error) and len(str(error)) < 500 and "\n" not in str(error)
    assert 15 < refused < 30
