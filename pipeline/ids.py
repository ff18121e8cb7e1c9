"""Sequences of token ids as flat little-endian binaries, memory-mapped: larger than memory is fine."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from pipeline.errors import UserError
from pipeline.outputs import need

Ids = npt.NDArray[np.int32]
ID, OFFSET = np.dtype("<i4"), np.dtype("<i8")


def write_ids(folder: Path, name: str, sequences: Iterable[Sequence[int] | Ids]) -> int:
    """Write `name.ids` (int32) and `name.offsets` (int64, one more than there are sequences); return the tokens."""
    tokens = 0
    with (folder / f"{name}.ids").open("wb") as ids, (folder / f"{name}.offsets").open("wb") as offsets:
        offsets.write(np.zeros((), dtype=OFFSET).tobytes())
        for sequence in sequences:
            ids.write(np.asarray(sequence, dtype=ID).tobytes())
            tokens += len(sequence)
            offsets.write(np.asarray(tokens, dtype=OFFSET).tobytes())
    return tokens


def write_packed(file: IO[bytes], sequences: Sequence[Sequence[int]]) -> None:
    """Append sequences to a file that stays small: int32, their number, their lengths, then all ids."""
    lengths = [len(sequence) for sequence in sequences]
    file.write(np.fromiter(chain([len(lengths)], lengths, *sequences), dtype=ID).tobytes())


def read_packed(file: IO[bytes]) -> list[Ids]:
    """The sequences of one call of `write_packed`, from where the file stands."""
    (number,) = np.fromfile(file, ID, 1)
    lengths = np.fromfile(file, ID, number)
    return np.split(np.fromfile(file, ID, int(lengths.sum())), np.cumsum(lengths)[:-1])[:number]


class IdSequences:
    """Read-only view of what `write_ids` wrote: `sequences[i]` is int32 of shape (length,)."""

    def __init__(self, folder: Path, name: str) -> None:
        path = folder / f"{name}.ids"
        if not path.is_file() or not path.stat().st_size:
            raise UserError(f"{path}: missing or empty; run the stage that makes it: dvc repro vocabulary")
        offsets = need(folder / f"{name}.offsets", "vocabulary")
        self.offsets = np.fromfile(offsets, dtype=OFFSET)
        tokens, rest = divmod(path.stat().st_size, ID.itemsize)
        first, last = (int(self.offsets[0]), int(self.offsets[-1])) if len(self.offsets) > 1 else (0, 0)
        if rest or first != 0 or last != tokens or not (np.diff(self.offsets) >= 0).all():
            raise UserError(
                f"{path}: found {tokens:,} ids, expected {last:,} in sequences as {offsets.name} has them; "
                "make both again: dvc repro vocabulary"
            )
        self._ids = np.memmap(path, dtype=ID, mode="r")

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> Ids:
        return self._ids[self.offsets[index] : self.offsets[index + 1]]

    @cached_property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Tokens of each sequence, int64 of shape (sequences,)."""
        return np.diff(self.offsets)
