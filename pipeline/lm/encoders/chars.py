"""Characters of a token, as ELMo counts them: UTF-8 bytes with four marks, at most 50 a token.

    'да' -> [259, 209, 181, 209, 177, 260, 261, 261, ...]    begin, the bytes + 1, end, padding

Every id is one more than in Peters et al. 2018, where 0 is the mask of a position without a token; so the char-CNN of a
published ELMo reads these ids as they are.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipeline.files.vocabulary import BEGIN, END, SPECIALS
from pipeline.lm.lemmas import spell
from pipeline.lm.settings import OURS, Reading

BEGIN_SENTENCE, END_SENTENCE, BEGIN_WORD, END_WORD, PAD = 257, 258, 259, 260, 261
CHARACTERS = 262
"""Rows of the embedding; row 0, the mask, is never used here."""

CharIds = npt.NDArray[np.int16]


def char_ids(types: Sequence[str], reading: Reading = OURS) -> CharIds:
    """Character ids of tokens, int16 of shape (tokens, reading.characters), 50 in ELMo.

    A token of more bytes than two fewer is cut, even inside a letter: 24 letters of Cyrillic remain.
    """
    body = reading.characters - 2
    words = (spell(token.lower() if reading.lowercase else token, reading.lemmas) for token in types)
    spelled = [word.encode("utf-8", "surrogatepass")[:body] for word in words]
    lengths = np.array([len(token) for token in spelled], dtype=np.int64)  # (tokens,)
    table = np.full((len(types), reading.characters), PAD, dtype=np.int16)
    table[:, 0] = BEGIN_WORD
    letters = np.frombuffer(b"".join(spelled), dtype=np.uint8)
    table[:, 1:-1][np.arange(body) < lengths[:, None]] = letters.astype(np.int16) + 1
    table[np.arange(len(types)), 1 + lengths] = END_WORD
    for special, mark in ((BEGIN, BEGIN_SENTENCE), (END, END_SENTENCE)) if reading.marks else ():
        rows = [token == SPECIALS[special] for token in types]
        table[rows, 1:] = PAD
        table[rows, 1], table[rows, 2] = mark, END_WORD
    return table


def vocabulary_char_ids(types: Sequence[str], reading: Reading = OURS) -> CharIds:
    """Character ids of a whole vocabulary, whose first two types are the boundaries; (types, reading.characters)."""
    assert list(types[: len(SPECIALS)]) == SPECIALS
    boundaries = char_ids(types[:2], reading.model_copy(update={"marks": True}))
    return np.concatenate([boundaries, char_ids(types[2:], reading)])
