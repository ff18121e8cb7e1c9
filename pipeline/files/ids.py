"""Sequences of token ids as flat little-endian binaries, memory-mapped: larger than memory is fine."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
import numpy.typing as npt

from pipeline.errors import UserError, remake, shown
from pipeline.work.outputs import need

Ids = npt.NDArray[np.int32]
ID, OFFSET = np.dtype("<i4"), np.dtype("<i8")


def write_ids(folder: Path, name: str, sequences: Iterable[Sequence[int] | Ids]) -> None:
    """Write `name.ids` (int32) and `name.offsets` (int64, one more than there are sequences)."""
    tokens = 0
    with (folder / f"{name}.ids").open("wb") as ids, (folder / f"{name}.offsets").open("wb") as offsets:
        offsets.write(np.zeros((), dtype=OFFSET).tobytes())
        for sequence in sequences:
            ids.write(np.asarray(sequence, dtype=ID).tobytes())
            tokens += len(sequence)
            offsets.write(np.asarray(tokens, dtype=OFFSET).tobytes())


def write_packed(file: IO[bytes], sequences: Sequence[Sequence[int]]) -> None:
    """Append sequences to a file that stays small: an array of their lengths, then one of all ids."""
    np.save(file, np.array([len(sequence) for sequence in sequences], dtype=ID))
    np.save(file, np.fromiter(chain.from_iterable(sequences), dtype=ID))


def read_packed(file: IO[bytes]) -> list[Ids]:
    """Read the sequences of one call of `write_packed`, from the file's current position."""
    lengths, ids = np.load(file), np.load(file)
    return np.split(ids, np.cumsum(lengths))[:-1]  # the part after the last sequence is empty


def read_array(
    path: Path, advice: str, kind: type[np.generic], axes: int, mode: Literal["r", "c"] = "r"
) -> npt.NDArray[Any]:
    """Map a .npy file of this kind of numbers and this many axes; in mode `c`, changes stay in memory.

    A `UserError` names a file that is not such an array, and ends with the advice.
    """
    try:
        array = np.lib.format.open_memmap(path, mode=mode)
    except Exception as error:  # numpy reads the header as Python, with Python's own errors of a dozen kinds
        raise UserError(f"{path}: cannot be read as an array ({shown(error)}); {advice}") from None
    if array.ndim != axes or array.dtype != kind or array.offset + array.nbytes != path.stat().st_size:
        size = f"{array.dtype} of shape {array.shape} in {path.stat().st_size:,} bytes"
        raise UserError(f"{path}: found {size}, expected {np.dtype(kind)} of {axes} axes, and no more; {advice}")
    return array


class IdSequences:
    """Read-only view of what `write_ids` wrote: `sequences[i]` is int32 of shape (length,)."""

    def __init__(self, folder: Path, name: str, types: int) -> None:
        """Read all ids once to check that each is below `types`, the number of the vocabulary's types."""
        path, offsets = (need(folder / f"{name}.{end}", "vocabulary") for end in ("ids", "offsets"))
        self.offsets = np.fromfile(offsets, dtype=OFFSET)
        tokens, rest = divmod(path.stat().st_size, ID.itemsize)
        first, last = (int(self.offsets[0]), int(self.offsets[-1])) if len(self.offsets) > 1 else (0, 0)
        if rest or not tokens or (first, last) != (0, tokens) or not (np.diff(self.offsets) >= 0).all():
            fault = f"found {tokens:,} ids there and {last:,} in {offsets.name}, expected as many, in rising order"
            raise UserError(f"{path}: {fault}; {remake('vocabulary')}")
        self._ids = np.memmap(path, dtype=ID, mode="r")
        least, greatest = int(self._ids.min()), int(self._ids.max())
        if least < 0 or greatest >= types:
            fault = f"found id {least if least < 0 else greatest:,}, expected 0 to {types - 1:,}"
            raise UserError(f"{path}: {fault}; {remake('vocabulary')}")

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> Ids:
        return self._ids[self.offsets[index] : self.offsets[index + 1]]

    @cached_property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Tokens of each sequence, int64 of shape (sequences,)."""
        return np.diff(self.offsets)
