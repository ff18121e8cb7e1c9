"""Static vectors as a file has them, whatever its format."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.errors import UserError, shown
from pipeline.lm.vectors.navec import read_navec
from pipeline.lm.vectors.word2vec import read_word2vec

Format = Literal["word2vec", "navec"]
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

    @property
    def standardised(self) -> npt.NDArray[np.float32]:
        """The values with mean 0 and deviation 1 in every dimension, (words, width); a constant one becomes 0."""
        return (self.values - self.values.mean(0)) / self.values.std(0).clip(1e-6)


Read = Callable[[Path, int], tuple[list[str], npt.NDArray[np.float32]]]
READERS: dict[Format, Read] = {"word2vec": read_word2vec, "navec": read_navec}


def read_vectors(path: Path, format_: Format, most: int = sys.maxsize) -> StaticVectors:
    """Read the `most` most frequent words; a `UserError` names the file, the place and what was found there."""
    words, values = READERS[format_](path, most)
    sound = (np.abs(values) <= LARGEST).all(1)  # and NaN is not
    if not sound.all():
        fault = f"word {shown(words[int(sound.argmin())])}: found NaN or a number beyond {LARGEST:,}"
        raise UserError(f"{path}: {fault}, expected those of a vector; get the file again")
    first: dict[str, int] = {}
    for row, word in enumerate(words):
        first.setdefault(word, row)
    return StaticVectors([*first], values[[*first.values()]], len(words) - len(first))
