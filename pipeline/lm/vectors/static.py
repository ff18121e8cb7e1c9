"""Static vectors as a file has them, whatever its format."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.errors import UserError
from pipeline.lm.vectors.navec import read_navec
from pipeline.lm.vectors.word2vec import read_word2vec

Format = Literal["word2vec", "navec"]


class StaticVectors(NamedTuple):
    """The most frequent words of a file first, each once, with their vectors."""

    words: list[str]
    values: npt.NDArray[np.float32]
    """(words, width)."""


Read = Callable[[Path, int], tuple[list[str], npt.NDArray[np.float32]]]
READERS: dict[Format, Read] = {"word2vec": read_word2vec, "navec": read_navec}


def read_vectors(path: Path, format_: Format, most: int = sys.maxsize) -> StaticVectors:
    """Read the `most` most frequent words; a `UserError` names the file, the place and what was found there."""
    words, values = READERS[format_](path, most)
    finite = np.isfinite(values).all(1)
    if not finite.all():
        word = words[int(finite.argmin())]
        raise UserError(
            f"{path}: word {word!r}: found a number that is NaN or infinite, expected numbers; get the file again"
        )
    first = dict.fromkeys(words)
    if len(first) < len(words):
        rows = dict(zip(reversed(words), reversed(range(len(words))), strict=True))
        words, values = [*first], values[[rows[word] for word in first]]
    return StaticVectors(words, values)
