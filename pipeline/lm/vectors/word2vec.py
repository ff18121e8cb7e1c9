"""Vectors in word2vec's text format, which fastText (.vec), GloVe and RusVectores share; plain, gzip or bzip2.

    400000 300
    и 0.1204 -0.0371 ...

A line holds a word and its numbers, separated by spaces; the most frequent word comes first. Some files have no header.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.errors import UserError
from pipeline.files.compression import check_kind, open_packed

AGAIN = "expected a word and its numbers, separated by spaces, in every line; get the file again"


def read_word2vec(path: Path, most: int) -> tuple[list[str], npt.NDArray[np.float32]]:
    """Read at most `most` words and their vectors, float32 (words, width)."""
    check_kind(path, "gzip", "bzip2")
    words: list[str] = []
    rows: list[npt.NDArray[np.float32]] = []
    expected, width = None, 0
    with open_packed(path) as file:
        for number, line in enumerate(file, 1):
            fields = line.rstrip(b" \r\n").split(b" ")
            if number == 1 and len(fields) == 2 and all(field.isdigit() for field in fields):
                expected, width = map(int, fields)
                continue
            width = width or len(fields) - 1
            # A word of some files has spaces in it; its numbers are the last fields.
            word, numbers = b" ".join(fields[:-width]), fields[-width:]
            try:
                if not word or width < 1:
                    raise ValueError(f"found {len(fields)} fields")
                rows.append(np.array(numbers, dtype=np.float32))
                words.append(word.decode())
            except ValueError as error:
                raise UserError(f"{path}: line {number}: {error}; {AGAIN}") from None
            if len(words) == most:
                return words, np.stack(rows)
    if not words or expected not in (None, len(words)):
        raise UserError(f"{path}: found {len(words):,} words, expected {expected or 'some'}: {AGAIN}")
    return words, np.stack(rows)
