"""`pipeline.lm.encoders.chars`: characters of a token as ELMo counts them, UTF-8 bytes with four marks.

'да' -> [259, 209, 181, 209, 177, 260, 261, 261, ...]    begin, the bytes + 1, end, padding
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.light.weights import Integers
from pipeline.lm.lemmas import Lemmas, spell

BEGIN_SENTENCE, END_SENTENCE, BEGIN_WORD, END_WORD, PAD = 257, 258, 259, 260, 261
CHARACTERS = 262
BOUNDARIES = ("<S>", "</S>")
"""How the boundaries of a sentence are spelled, for encoders that read marks."""

CharIds = npt.NDArray[np.int16]


class Reading(NamedTuple):
    """How an encoder reads a token."""

    characters: int
    """Character ids of a token, marks and padding included."""
    marks: bool
    """A token that is spelled as a boundary is the boundary itself."""
    lemmas: Lemmas
    lowercase: bool


def char_ids(types: Sequence[str], reading: Reading) -> CharIds:
    """Return the character ids of tokens, int16 (tokens, reading.characters); long tokens are cut."""
    body = reading.characters - 2
    words = (spell(token.lower() if reading.lowercase else token, reading.lemmas) for token in types)
    spelled = [word.encode("utf-8", "surrogatepass")[:body] for word in words]
    lengths = np.fromiter(map(len, spelled), np.int64, len(spelled))  # (tokens,)
    table = np.full((len(types), reading.characters), PAD, np.int16)
    table[:, 0] = BEGIN_WORD
    letters = np.frombuffer(b"".join(spelled), np.uint8)
    table[:, 1:-1][np.arange(body) < lengths[:, None]] = letters.astype(np.int16) + 1
    table[np.arange(len(types)), 1 + lengths] = END_WORD
    for boundary, row in zip(BOUNDARIES, boundary_ids(reading), strict=True) if reading.marks else ():
        table[[token == boundary for token in types]] = row
    return table


def boundary_ids(reading: Reading) -> CharIds:
    """Return the character ids of the beginning and the end of a sentence, int16 (2, reading.characters)."""
    table = np.full((2, reading.characters), PAD, np.int16)
    table[:, 0], table[:, 1], table[:, 2] = BEGIN_WORD, (BEGIN_SENTENCE, END_SENTENCE), END_WORD
    return table


def by_length(lengths: Integers, most: int) -> Iterator[tuple[int, Integers]]:
    """Yield groups of tokens of equal length, at most so many in each: the length, and the tokens' indices."""
    order = lengths.argsort(kind="stable")
    for group in np.split(order, np.flatnonzero(np.diff(lengths[order])) + 1) if len(order) else ():
        for start in range(0, len(group), most):
            yield int(lengths[group[0]]), group[start : start + most]
