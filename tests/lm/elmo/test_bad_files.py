"""Files that are no ELMo, or not a whole one: one line that names the file and the key or data set, and nothing half-written."""

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
from tests.lm.elmo.drawn import ABSENT, OPTIONS, changed, draw, write_elmo

Spoil = Callable[[Path], object]
CELL = "RNN_1/RNN/MultiRNNCell/Cell1/LSTMCell"
WHOLE = "get the options.json of these weights"


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
    "options in UTF-16": (text("{}".encode("utf-16")), "options.json: not valid JSON"),
    "options that are a list": (text("[1]"), "options.json: top level: found [1]: input should be"),
    "no section": (text('{"char_cnn": 3}'), "options.json: char_cnn: found 3: input should be an object; lstm: missing"),
    "no activation": (options(activation=ABSENT), "options.json: char_cnn.activation: missing; get the options.json"),
    "activation": (options(activation="elu"), "char_cnn.activation: found 'elu': input should be 'relu' or 'tanh'"),
    "no filters": (options(filters=[]), "char_cnn.filters: found []: list should have at least 1 item"),
    "filter too wide": (options(filters=[[51, 8]]), "char_cnn: found a filter of width 51, expected at most 50"),
    "negative clip": (options(cell_clip=-3), "lstm.cell_clip: found -3: input should be greater than 0"),
    "characters": (options(n_characters=60), "char_cnn.n_characters: found 60: input should be 261"),
    "residual as text": (options(use_skip_connections="no"), "lstm.use_skip_connections: found 'no': input should be"),
    "a long value": (options(dim="9" * 500), f"{'9' * 60}': input should be a valid integer"),
    "another number of units": (
        options(dim=13),
        "RNN_0/RNN/MultiRNNCell/Cell0/LSTMCell/W_0: found float32 of shape (14, 48), "
        f"expected floating point of shape (14, 52) by options.json; {WHOLE}",
    ),
    "another width": (options(projection_dim=8), "CNN_proj/W_proj: found float32 of shape (18, 7), expected"),
    "more filters": (options(filters=[*OPTIONS["char_cnn"]["filters"], [4, 4]]), "CNN/W_cnn_4: missing, expected"),
    "more layers": (options(n_layers=3), "RNN_0/RNN/MultiRNNCell/Cell2/LSTMCell/W_0: missing, expected"),
    "more highways": (options(n_highway=3), "CNN_high_2/W_carry: missing, expected floating point of shape (18, 18)"),
    "a projection that is none": (
        options(projection_dim=18, dim=12),
        "CNN_proj/W_proj: found a projection, expected none where options.json has equal widths on both sides",
    ),
    "a layer's projection that is none": (options(dim=7), "Cell0/LSTMCell/W_P_0: found a projection, expected none"),
    "no data set": (weights(lambda file: file.pop(f"{CELL}/B")), f"model.hdf5: {CELL}/B: missing, expected floating"),
    "no group": (weights(lambda file: file.pop("CNN")), "model.hdf5: CNN/W_cnn_0: missing, expected floating point"),
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
    "mask included": (replace("char_embed", np.zeros((262, 5))), "char_embed: found float64 of shape (262, 5), expec"),
    "whole numbers": (replace("CNN/b_cnn_0", np.zeros(3, int)), "CNN/b_cnn_0: found int64 of shape (3,), expected"),
    "text for numbers": (replace("CNN/b_cnn_0", "abc"), "CNN/b_cnn_0: found object of shape (), expected"),
    "NaN": (replace("CNN/b_cnn_0", np.full(3, np.nan)), "CNN/b_cnn_0: found NaN or infinity, expected finite float32"),
    "beyond float32": (replace("CNN/b_cnn_0", np.full(3, 1e300)), "CNN/b_cnn_0: found NaN or infinity"),
    "cut in half": (file(lambda data: data[: len(data) // 2]), "model.hdf5: truncated: found "),
    "cut in its head": (file(lambda data: data[:20]), "model.hdf5: "),
    "a web page": (file(lambda data: b"<html>404</html>"), "model.hdf5: found 16 bytes that are not HDF5, expected"),
    "noise in its head": (file(lambda data: data[:8] + bytes(200) + data[208:]), "model.hdf5: broken HDF5"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_elmo(tmp_path / "model", OPTIONS, draw(OPTIONS))


@pytest.mark.parametrize("fault", FAULTS)
def test_fault(folder: Path, fault: str, fails: Fails) -> None:
    spoil, expected = FAULTS[fault]
    spoil(folder)
    message = fails(folder)
    assert str(folder) in message and expected in message and len(message) < 500


def test_a_compressed_array_that_is_spoiled(folder: Path, fails: Fails) -> None:
    path = folder / "model.hdf5"
    with h5py.File(path, "r+") as file:
        values = file["char_embed"][...]
        del file["char_embed"]
        stored = file.create_dataset("char_embed", data=values, compression="gzip", chunks=values.shape)
        chunk = stored.id.get_chunk_info(0)
    data = bytearray(path.read_bytes())
    data[chunk.byte_offset : chunk.byte_offset + chunk.size] = bytes(chunk.size)
    path.write_bytes(data)
    assert "model.hdf5: char_embed: broken (" in fails(folder)


def test_other_bytes_anywhere_in_the_index(folder: Path) -> None:
    """h5py meets them with errors of a dozen kinds; what is read in spite of them is whole."""
    path, chance = folder / "model.hdf5", random.Random(1)
    data, refused = path.read_bytes(), 0
    for _ in range(30):
        damaged = bytearray(data)
        for start in chance.choices(range(chance.choice([100, 2000, len(data) - 8])), k=chance.choice([1, 4])):
            damaged[start : start + 8] = chance.choice([bytes(8), b"\xff" * 8, chance.randbytes(8)])
        path.write_bytes(damaged)
        try:
            check_both(folder / "options.json", path)
        except UserError as error:
            refused += 1
            assert "model.hdf5: " in str(error) and len(str(error)) < 500 and "\n" not in str(error)
    assert 15 < refused < 30
