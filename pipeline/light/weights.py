"""The tensors of a safetensors file, of which single rows can be read.

The library's own reader gives neither rows chosen freely nor their places in the file. The form: the size of a header
in 8 bytes, the header as JSON, then the numbers, all little-endian (https://huggingface.co/docs/safetensors, "Format").
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.errors import UserError, reason, remake, shown

DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2"}

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]
Read = Callable[..., Floats]
"""`read(name, *shape)` reads a tensor of a layer for both directions, float32 (2, *shape)."""


class Table:
    """Rows of numbers that stay in their file, each of which is read when it is looked up.

    If the file were mapped into memory, the system would bring 16 pages for each one that is touched: soon all of it.
    """

    def __init__(self, path: Path, start: int, kind: np.dtype[Any], width: int) -> None:
        """The first row begins at byte `start`; `width` numbers of this kind are a row."""
        self.width = width
        self._file, self._start, self._kind = path.open("rb"), start, kind

    def look_up(self, rows: Integers) -> Floats:
        """Return rows (any,) as float32 (any, width)."""
        file, size = self._file.fileno(), self.width * self._kind.itemsize
        data = b"".join([os.pread(file, size, self._start + size * row) for row in rows.tolist()])
        return np.frombuffer(data, self._kind).reshape(-1, self.width).astype(np.float32)


class Weights:
    """The tensors of a file by name. A `UserError` names the file, the tensor, and the stage that makes the file."""

    def __init__(self, path: Path, stage: str) -> None:
        self._path, self._advice = path, remake(stage)
        try:
            self._bytes = np.asarray(np.memmap(path, np.uint8, "r"))  # numpy's class of maps slows every operation
            first = 8 + int(self._bytes[:8].view("<u8")[0])
            header = json.loads(self._bytes[8:first].tobytes())
            header.pop("__metadata__", None)
            self._starts = {name: first + entry["data_offsets"][0] for name, entry in header.items()}
            self._tensors = {name: self._locate(first, entry) for name, entry in header.items()}
        except OSError as error:
            raise self.error(reason(error)) from None
        except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
            raise self.error(f"cannot be read as weights ({shown(error)})") from None
        self._unread = set(self._tensors)

    def _locate(self, first: int, entry: Any) -> npt.NDArray[Any]:
        """Return the part of the file that an entry of the header describes."""
        start, stop = (first + offset for offset in entry["data_offsets"])
        if not first <= start <= stop <= len(self._bytes):
            raise ValueError("a tensor reaches beyond the file")
        return self._bytes[start:stop].view(DTYPES[entry["dtype"]]).reshape(entry["shape"])

    def array(self, name: str, *shape: int) -> Floats:
        """Read a tensor into memory, as float32."""
        values = self._find(name, shape).astype(np.float32)
        if not np.isfinite(values).all():
            raise self.error(f"tensor {name} holds NaN or infinite numbers")
        return values

    def both(self, name: str) -> Read:
        """Return what reads pairs of tensors, forward and backward, whose names are `name` with 0 and 1 for `{}`."""

        def read(inner: str, *shape: int) -> Floats:
            return np.stack([self.array(f"{name.format(direction)}{inner}", *shape) for direction in range(2)])

        return read

    def integers(self, name: str, *shape: int) -> npt.NDArray[Any]:
        """Map a tensor of integers into memory."""
        values = self._find(name, shape)
        if values.dtype.kind != "i":
            raise self._other(name, f"numbers of type {values.dtype}", "integers")
        return values

    def table(self, name: str, rows: int, width: int) -> "Table":
        """Return a tensor whose rows are read when they are looked up. It may hold NaN."""
        values = self._find(name, (rows, width))
        return Table(self._path, self._starts[name], values.dtype, width)

    def finish(self, *others: str) -> None:
        """Raise a `UserError` if there is a tensor that nobody has read, unless its name begins with one of these."""
        if names := sorted(name for name in self._unread if not name.startswith(others)):
            raise self._other(names[0], self._tensors[names[0]].shape, None)

    def error(self, fault: str) -> UserError:
        """Make the error about a fault of the file."""
        return UserError(f"{self._path}: {fault}; {self._advice}")

    def _find(self, name: str, shape: tuple[int, ...]) -> npt.NDArray[Any]:
        values = self._tensors.get(name)
        if values is None or values.shape != shape:
            raise self._other(name, None if values is None else values.shape, shape)
        self._unread.discard(name)
        return values

    def _other(self, name: str, stored: object, expected: object) -> UserError:
        return self.error(f"weights of another model ({name}: found {stored}, expected {expected})")
