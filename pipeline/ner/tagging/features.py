"""Frozen features of the sentences of a split are computed once per language model, then read from a memory map.

Computing them again for every batch of every epoch, as the paper's code does, takes forty to fifty times as long over
20 epochs. At the paper's size they take 3.8 GB in float16, so they are mapped and not loaded.
"""

import copy
import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import numpy as np
import numpy.typing as npt

from pipeline.errors import FULL, UserError
from pipeline.files.ids import read_array
from pipeline.ner.tagging.batches import Indices, inference_batches
from pipeline.ner.tagging.surface import Letters, lower_letters
from pipeline.work.progress import track

Vectors = npt.NDArray[np.float32]
Embed = Callable[[list[list[str]]], list[Vectors]]
"""Turns sentences into vectors, each (tokens, width); the other sentences of a call must not matter."""

VALUE = np.dtype("<f2")
BATCH = 64
"""Sentences embedded in one call."""


class Features:
    """What the tagger reads of a split: `values[rows(numbers)]` are the vectors of these sentences, and so on."""

    def __init__(self, folder: Path, letters: Letters) -> None:
        """Read the values that `build_features` wrote to the folder."""
        advice = f"delete {folder}: it is made again"
        self.values: npt.NDArray[np.float16] = read_array(folder / "values.npy", advice, np.float16, axes=2)
        """(tokens, width), read-only."""
        self.letters = letters
        """Code points of the tokens as given, see `read_letters`."""
        self.lengths: Indices = read_array(folder / "lengths.npy", advice, np.int64, axes=1)
        """(sentences,)."""
        if not (self.lengths > 0).all() or not self.lengths.sum() == len(self.values) == len(letters):
            raise UserError(f"{folder}: found lengths that are not those of {len(self.values):,} tokens; {advice}")
        self.width = int(self.values.shape[1])
        self._starts: Indices = np.cumsum(self.lengths) - self.lengths

    def in_lower_case(self) -> "Features":
        """Return the same features with the letters in lower case."""
        lowered = copy.copy(self)
        lowered.letters = lower_letters(self.letters)
        return lowered

    def rows(self, sentences: Indices) -> Indices:
        """Return the rows of `values` that hold these sentences, one sentence after the other; (tokens,)."""
        lengths = self.lengths[sentences]
        before = np.cumsum(lengths) - lengths
        rows: Indices = np.arange(lengths.sum()) + np.repeat(self._starts[sentences] - before, lengths)
        return rows


def build_features(cache: Path, key: str, sentences: list[list[str]], embed: Embed, letters: Letters) -> Features:
    """Return the features of `sentences` from `cache/key`, and compute them first if they are not there.

    `key` must cover all that the values depend on (`fingerprint`). Values that do not fit on the disk or into float16
    are a `UserError`. Two experiments may compute the same key at once: each works in its own folder, and the first to
    finish renames it to `key`.
    """
    folder = cache / key
    if not folder.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{key}.", dir=cache) as scratch:
            partial = Path(scratch) / "features"  # a subfolder has the usual permissions
            partial.mkdir()
            _write(partial, folder, sentences, embed)
            try:
                partial.rename(folder)
            except OSError:
                if not folder.is_dir():  # otherwise another process was first, with the same values
                    raise
    return Features(folder, letters)


def _write(partial: Path, folder: Path, sentences: list[list[str]], embed: Embed) -> None:
    """Embed the longest sentences first, and write the vectors of each at its position."""
    lengths = np.array([len(sentence) for sentence in sentences], dtype=np.int64)
    np.save(partial / "lengths.npy", lengths)
    starts, total, first, width = np.cumsum(lengths) - lengths, int(lengths.sum()), 0, 0
    batches = inference_batches(lengths, BATCH)
    with (partial / "values.npy").open("wb") as file:
        for batch in track(batches, "features", "tokens", total, size=lambda batch: int(lengths[batch].sum())):
            for index, vectors in zip(batch.tolist(), embed([sentences[i] for i in batch]), strict=True):
                if not width:
                    width = vectors.shape[1]
                    first = _reserve(file, folder, (total, width))
                with np.errstate(over="ignore"):
                    half = vectors.astype(VALUE)
                if not np.isfinite(half).all():
                    raise UserError(
                        f"features of sentence {index}: found {np.abs(vectors).max():g} as the largest value, expected "
                        "at most 65504 (float16); has the language model diverged? See the perplexity of its stage"
                    )
                file.seek(first + int(starts[index]) * width * VALUE.itemsize)
                file.write(half.tobytes())


def _reserve(file: IO[bytes], folder: Path, shape: tuple[int, int]) -> int:
    """Write the header and claim the disk space of all values; return where the values begin.

    A full disk is then noticed before the work, and as an error that can be explained: writing through a memory map
    onto a full disk kills the process.
    """
    np.lib.format.write_array_header_1_0(file, {"descr": VALUE.str, "fortran_order": False, "shape": shape})
    file.flush()
    first, needed = file.tell(), shape[0] * shape[1] * VALUE.itemsize
    try:
        if hasattr(os, "posix_fallocate"):  # not on macOS
            os.posix_fallocate(file.fileno(), 0, first + needed)
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise UserError(
            f"{folder}: {needed:,} bytes of features do not fit ({os.strerror(error.errno)}); free some space, or "
            f"delete old folders in {folder.parent}, hidden ones of killed runs too: they are made again when needed"
        ) from None
    return first
