"""Static vectors as a file has them, whatever its format."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.errors import UserError, shown
from pipeline.lm.vectors.navec import read_navec
from pipeline.lm.vectors.word2vec import read_word2vec

Format = Literal["word2vec", "navec"]
Rows = Iterator[tuple[str, npt.NDArray[np.float32]]]
"""Words, the most frequent first, each with its vector (width,); the same width for all."""
READERS: dict[Format, Callable[[Path], Rows]] = {"word2vec": read_word2vec, "navec": read_navec}
LARGEST = 65_504
"""The largest number of float16, far beyond those of any vectors."""


class StaticVectors(NamedTuple):
    """The most frequent words of a file first, each once, with their vectors."""

    words: list[str]
    values: npt.NDArray[np.float32]
    """(words, width)."""
    repeated: int
    """How many words of the file were left out: a more frequent one is spelled like each of them."""

    @property
    def lowercase(self) -> bool:
        """Whether no word has a capital letter, so that a token must be looked up in lower case."""
        return all(word == word.lower() for word in self.words)


def iterate_vectors(path: Path, format_: Format) -> Rows:
    """Stream all words and vectors of a file; a `UserError` names the file, the place and what was found there."""
    empty = True
    for word, values in READERS[format_](path):
        empty = False
        if not (np.abs(values) <= LARGEST).all():  # and NaN is not
            fault = f"word {shown(word)}: found NaN or a number beyond {LARGEST:,}"
            raise UserError(f"{path}: {fault}, expected those of a vector; get the file again")
        yield word, values
    if empty:
        raise UserError(f"{path}: found no word, expected some; get the file again")


def read_vectors(path: Path, format_: Format, most: int = sys.maxsize) -> StaticVectors:
    """Read the `most` most frequent words, each once; a `UserError` as in `iterate_vectors`."""
    vectors, lines = dict[str, npt.NDArray[np.float32]](), 0
    for word, values in iterate_vectors(path, format_):
        vectors.setdefault(word, values)
        lines += 1
        if len(vectors) == most:
            break
    return StaticVectors([*vectors], np.stack([*vectors.values()]), lines - len(vectors))


def standardise(values: npt.NDArray[np.float32]) -> None:
    """Give every dimension of the values (words, width) mean 0 and deviation 1, in place; a constant one becomes 0."""
    values -= values.mean(0, dtype=np.float64)
    values /= values.std(0).clip(1e-6)
