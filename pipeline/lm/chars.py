"""Characters of a token, as ELMo counts them: UTF-8 bytes with four marks, at most 50 a token.

    'да' -> [259, 209, 181, 209, 177, 260, 261, 261, ...]    begin, the bytes + 1, end, padding

Every id is one more than in Peters et al. 2018, where 0 is the mask of a position without a token; so a published
ELMo's char-CNN reads these ids as they are.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipeline.lm.settings import CHARS
from pipeline.vocabulary import BEGIN, END, SPECIALS

BEGIN_SENTENCE, END_SENTENCE, BEGIN_WORD, END_WORD, PAD = 257, 258, 259, 260, 261
CHARACTERS = 262
"""Rows of the embedding; row 0, the mask, is never used here."""

CharIds = npt.NDArray[np.int16]


def char_ids(types: Sequence[str]) -> CharIds:
    """Character ids of tokens, int16 of shape (tokens, 50). A token beyond 48 bytes is cut, be it inside a letter."""
    table = np.full((len(types), CHARS), PAD, dtype=np.int16)
    for row, token in zip(table, types, strict=True):
        body = np.frombuffer(token.encode("utf-8", "surrogatepass")[: CHARS - 2], dtype=np.uint8)
        _write(row, body.astype(np.int16) + 1)
    return table


def boundary_char_ids() -> CharIds:
    """Character ids of `<S>` and `</S>`, int16 of shape (2, 50)."""
    table = np.full((2, CHARS), PAD, dtype=np.int16)
    _write(table[BEGIN], np.array([BEGIN_SENTENCE], dtype=np.int16))
    _write(table[END], np.array([END_SENTENCE], dtype=np.int16))
    return table


def vocabulary_char_ids(types: Sequence[str]) -> CharIds:
    """Character ids of a whole vocabulary, whose first two types are the boundaries; (types, 50)."""
    assert list(types[: len(SPECIALS)]) == SPECIALS
    return np.concatenate([boundary_char_ids(), char_ids(types[2:])])


def _write(row: CharIds, body: CharIds) -> None:
    row[0] = BEGIN_WORD
    row[1 : 1 + len(body)] = body
    row[1 + len(body)] = END_WORD
