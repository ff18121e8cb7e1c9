"""Frozen features of the sentences of a split: computed once per language model, then read from a memory map.

Recomputing them for every batch of every epoch, as the paper's code does, costs forty to fifty times as much over
20 epochs. At the paper's size they are 3.8 GB in float16, so they are mapped and not loaded.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import numpy as np
import numpy.typing as npt

from pipeline.errors import FULL, UserError
from pipeline.files.ids import read_array
from pipeline.ner.tagging.batches import Indices, inference_batches
from pipeline.work.progress import track

Embed = Callable[[list[list[str]]], list[npt.NDArray[np.float32]]]
"""Sentences to their vectors, each (tokens, width); must not depend on which sentences come together."""

Half = npt.NDArray[np.float16]
VALUE = np.dtype("<f2")
BATCH = 64
"""Sentences embedded in one call; the embedder may cut them further."""


class Features:
    """What `build_features` left: `features[i]` is float16 (tokens of sentence i, width), read-only."""

    def __init__(self, folder: Path) -> None:
        advice = f"delete {folder}: it is made again"
        self.values: Half = read_array(folder / "values.npy", advice, np.float16, axes=2)
        self.lengths: Indices = read_array(folder / "lengths.npy", advice, np.int64, axes=1)
        if not (self.lengths > 0).all() or self.lengths.sum() != len(self.values):
            raise UserError(f"{folder}: found lengths that are not those of {len(self.values):,} tokens; {advice}")
        self.starts: Indices = np.cumsum(self.lengths) - self.lengths

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, index: int) -> Half:
        return self.values[self.starts[index] : self.starts[index] + self.lengths[index]]

    @property
    def width(self) -> int:
        return int(self.values.shape[1])

    def rows(self, sentences: Indices) -> Indices:
        """The rows of `values` that hold these sentences, one sentence after the other; (tokens,)."""
        lengths = self.lengths[sentences]
        before = np.cumsum(lengths) - lengths
        rows: Indices = np.arange(lengths.sum()) + np.repeat(self.starts[sentences] - before, lengths)
        return rows


def build_features(cache: Path, key: str, sentences: list[list[str]], embed: Embed, width: int) -> Features:
    """The features of `sentences` from `cache/key`, computed first if they are not there.

    `key` must say all that the values depend on (`fingerprint`). A `UserError` if they do not fit on the disk or do
    not fit into float16. Experiments share the cache, so that two processes may compute the same key at once: each
    does so in a folder of its own, and the first to finish gives it its name.
    """
    folder = cache / key
    if not folder.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{key}.", dir=cache) as own:
            partial = Path(own) / "features"  # a level down, for the usual permissions
            partial.mkdir()
            _write(partial, folder, sentences, embed, width)
            _publish(partial, folder)
    return Features(folder)


def _publish(partial: Path, folder: Path) -> None:
    try:
        partial.rename(folder)
    except OSError:
        if not folder.is_dir():  # or else another process was first, with the same values
            raise


def _write(partial: Path, folder: Path, sentences: list[list[str]], embed: Embed, width: int) -> None:
    lengths = np.array([len(sentence) for sentence in sentences], dtype=np.int64)
    starts = np.cumsum(lengths) - lengths
    with (partial / "values.npy").open("wb") as file:
        first = _reserve(file, folder, (int(lengths.sum()), width))
        for index, vectors in _embed_all(sentences, lengths, embed):
            file.seek(first + int(starts[index]) * width * VALUE.itemsize)
            file.write(_half(vectors, (int(lengths[index]), width), index).tobytes())
    np.save(partial / "lengths.npy", lengths)


def _embed_all(
    sentences: list[list[str]], lengths: Indices, embed: Embed
) -> Iterator[tuple[int, npt.NDArray[np.float32]]]:
    """Yield (number of the sentence, its vectors), the longest sentences first."""
    batches: Iterable[Indices] = inference_batches(lengths, BATCH)
    total = int(lengths.sum())
    for batch in track(batches, "features", "tokens", total, size=lambda batch: int(lengths[batch].sum())):
        yield from zip(batch.tolist(), embed([sentences[index] for index in batch]), strict=True)


def _reserve(file: IO[bytes], folder: Path, shape: tuple[int, int]) -> int:
    """Write the header and claim the disk space of all values now; return where the values begin.

    A full disk is then known before the work and not after it. And it is an error that can be explained: writing
    through a memory map onto a full disk kills the process.
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
            f"{folder}: {needed:,} bytes of features do not fit ({os.strerror(error.errno)}); "
            f"free some space, or delete old folders in {folder.parent}, "
            "hidden ones of killed runs too: they are made again when needed"
        ) from None
    return first


def _half(vectors: npt.NDArray[np.float32], shape: tuple[int, int], index: int) -> Half:
    if vectors.shape != shape:
        raise ValueError(f"sentence {index}: got vectors of shape {vectors.shape}, expected {shape} (tokens, width)")
    with np.errstate(over="ignore"):
        half = vectors.astype(VALUE)
    if not np.isfinite(half).all():
        raise UserError(
            f"features of sentence {index}: found {np.abs(vectors).max():g} as the largest value, expected at "
            "most 65504 (float16); has the language model diverged? See the perplexity of its stage"
        )
    return half
