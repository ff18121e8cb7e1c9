"""model.hdf5 of a published ELMo: every data set that options.json implies, of exactly the shape that it implies."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from pipeline.errors import UserError, shown
from pipeline.lm.elmo.options import ElmoOptions

BYTE_ROWS = 261
"""Rows of `char_embed`: 256 bytes, four marks and padding. There is none for the mask, id 0 in use."""

Weights = dict[str, npt.NDArray[np.float32]]


def cell(direction: int, layer: int) -> str:
    """The group of an LSTM layer; direction 0 is forward, 1 backward."""
    return f"RNN_{direction}/RNN/MultiRNNCell/Cell{layer}/LSTMCell"


def read_weights(path: Path, options: ElmoOptions) -> Weights:
    """Read every data set by name, as float32. Others in the file do not belong to the model and are ignored.

    Raises a `UserError` that names the file, the data set, the shape found and the one that options.json implies.
    """
    # A projection between equal widths would be left out by bilm-tf and applied by AllenNLP: neither can be right.
    unexpected = [] if options.projects else ["CNN_proj/W_proj"]
    unexpected += [] if options.lstm.projects else [f"{group}/W_P_0" for group in _cells(options)]
    with open_weights(path) as file:
        for name in unexpected:
            if _find(file, name) is not None:
                reason = "expected none where options.json has equal widths on both sides"
                raise UserError(f"{path}: {name}: found a projection, {reason}; get the options.json of these weights")
        return {name: _read(path, file, name, shape) for name, shape in shapes(options).items()}


def shapes(options: ElmoOptions) -> dict[str, tuple[int, ...]]:
    """The shape of every data set."""
    chars, width, units = options.char_cnn, options.lstm.projection_dim, options.lstm.dim
    expected: dict[str, tuple[int, ...]] = {"char_embed": (BYTE_ROWS, chars.embedding.dim)}
    for index, (characters, number) in enumerate(chars.filters):
        expected[f"CNN/W_cnn_{index}"] = (1, characters, chars.embedding.dim, number)
        expected[f"CNN/b_cnn_{index}"] = (number,)
    for index in range(chars.n_highway or 0):
        for part in ("carry", "transform"):
            expected[f"CNN_high_{index}/W_{part}"] = (chars.outputs, chars.outputs)
            expected[f"CNN_high_{index}/b_{part}"] = (chars.outputs,)
    if options.projects:
        expected |= {"CNN_proj/W_proj": (chars.outputs, width), "CNN_proj/b_proj": (width,)}
    for group in _cells(options):
        expected |= {f"{group}/W_0": (2 * width, 4 * units), f"{group}/B": (4 * units,)}
        expected |= {f"{group}/W_P_0": (units, width)} if options.lstm.projects else {}
    return expected


def _cells(options: ElmoOptions) -> list[str]:
    return [cell(direction, layer) for direction in range(2) for layer in range(options.lstm.n_layers)]


@contextmanager
def open_weights(path: Path) -> Iterator[h5py.File]:
    """Open the file for a block of code in which any damage to it becomes a `UserError`."""
    if not path.is_file():
        raise UserError(f"{path}: not found; expected ELMo's weights, HDF5")
    try:
        with h5py.File(path, "r") as file:
            yield file
    except (UserError, MemoryError):
        raise
    except PermissionError as error:
        raise UserError(f"{path}: cannot be read ({shown(error)}); expected ELMo's weights") from None
    except Exception as error:  # a damaged index makes h5py raise errors of a dozen kinds, even SystemError
        raise UserError(f"{path}: {_broken(path, shown(error))}") from None


def _broken(path: Path, reason: str) -> str:
    if sizes := re.search(r"truncated file: eof = (\d+),.*stored_eof = (\d+)", reason):
        size, whole = (f"{int(number):,}" for number in sizes.groups())
        return f"truncated: found {size} bytes, expected {whole}; get the whole file"
    if h5py.is_hdf5(path):
        return f"broken HDF5 ({reason}); get the file again"
    return f"found {path.stat().st_size:,} bytes that are not HDF5, expected ELMo's weights, HDF5; get the file again"


def _find(file: h5py.File, name: str) -> Any:
    """The object of that name; None if there is none, or if something on its path is not a group."""
    try:
        return file.get(name)
    except Exception:  # as in `open_weights`
        return None


def _read(path: Path, file: h5py.File, name: str, shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    stored = _find(file, name)
    if stored is None or not isinstance(stored, h5py.Dataset):
        fault = "missing" if stored is None else "found no data set"
    elif stored.shape != shape or stored.dtype.kind != "f":
        fault = f"found {stored.dtype} of shape {stored.shape}"
    else:
        try:
            with np.errstate(over="ignore"):
                values = np.asarray(stored[...]).astype(np.float32)
        except MemoryError:
            raise
        except Exception as error:  # as in `open_weights`
            raise UserError(f"{path}: {name}: broken ({shown(error)}); get the file again") from None
        if not np.isfinite(values).all():
            raise UserError(f"{path}: {name}: found NaN or infinity, expected finite float32; get the file again")
        return values
    expected = f"expected floating point of shape {shape} by options.json"
    raise UserError(f"{path}: {name}: {fault}, {expected}; get the options.json of these weights")
