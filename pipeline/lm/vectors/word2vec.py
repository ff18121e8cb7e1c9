"""Vectors in word2vec's text format, which fastText (.vec), GloVe and RusVectores share; plain, gzip or bzip2.

    400000 300
    и 0.1204 -0.0371 ...

A line holds a word and its numbers, separated by spaces; the most frequent word comes first. Some files have no header,
and a word of some files has spaces in it: its numbers are the last of the line.
"""

from codecs import BOM_UTF8
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.errors import UserError, shown
from pipeline.files.compression import check_kind, open_packed


def read_word2vec(path: Path) -> Iterator[tuple[str, npt.NDArray[np.float32]]]:
    """Stream words and their vectors (width,); a `UserError` names the line that is none, or a wrong number of them."""
    check_kind(path, "gzip", "bzip2")
    expected, width, words = None, 0, 0
    with open_packed(path) as file:
        for number, line in enumerate(file, 1):
            if number == 1:
                line = line.removeprefix(BOM_UTF8)
            fields = line.rstrip(b" \r\n").split(b" ")
            if number == 1 and len(fields) == 2 and all(field.isdigit() for field in fields):
                expected, width = map(int, fields)
                continue
            width = width or len(fields) - 1
            try:
                # The most frequent word of all has no spaces in it: the header would be of other vectors.
                if len(fields) <= max(width, 1) or (not words and len(fields) > width + 1):
                    raise ValueError(f"found {len(fields) - 1} numbers, expected {width or 'some'}")
                word = b" ".join(fields[:-width]).decode()
                values = np.array(fields[-width:], dtype=np.float32)
            except ValueError as error:
                fault = f"line {number:,}: {shown(error)}"
                advice = "expected a word and its numbers, separated by spaces, in every line; get the file again"
                raise UserError(f"{path}: {fault}; {advice}") from None
            yield word, values
            words += 1
    if not words or expected not in (None, words):
        fault = f"found {words:,} words, expected {'some' if expected is None else f'{expected:,}, as its header says'}"
        raise UserError(f"{path}: {fault}; get the whole file again")
