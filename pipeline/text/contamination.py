"""Which sentences of a text are also in a test set: a language model that has read them has seen part of the test.

    «Ёлки» — российский фильм 2010 года, снятый Тимуром Бекмамбетовым.
    елки российский фильм 2010 года снятый тимуром бекмамбетовым           the words that are compared

Two sentences count as the same if they have the same words, at least `SHORTEST`, or share a run of `RUN` words, which
also finds a sentence within a longer one and one that was cut elsewhere. Shorter sentences, such as a name alone, and
shorter runs are the same by chance: of 826,824 sentences of Russian news and prose, none is the same as one of 37,680
sentences of WikiNEuRal, WikiANN and MultiCoNER, but 348 share a run of 6 words with one, 77 a run of 7, 16 a run of 8
(`пресс-секретарь президента России Дмитрий Песков заявил, что`), and none a run of 10.
"""

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate, chain

import numpy as np
from numpy.typing import NDArray

from pipeline.text.spelling import compose, remove_stress

SHORTEST = 6
"""The fewest words of a sentence that is compared as a whole."""
RUN = 10
"""The number of consecutive words that no two sentences share by chance."""
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
"""Soft hyphens, and characters without width."""
_WORD = re.compile(r"[^\W_]+")


def plain_words(text: str) -> list[str]:
    """Return the words of a text without what spellings of a sentence differ in.

    Words are runs of letters and digits, in lower case and NFC, without stress marks, and with е for ё.
    """
    bare = _INVISIBLE.sub("", remove_stress(compose(text)))
    return _WORD.findall(bare.lower().replace("ё", "е"))


class SentenceIndex:
    """Knows the sentences that it was made of, by hashes: it takes 8 bytes for each run of `RUN` words."""

    def __init__(self, sentences: Iterable[str]) -> None:
        digests = b"".join(digest for sentence in sentences for digest in _digests(sentence))
        self._hashes: NDArray[np.uint64] = np.unique(np.frombuffer(digests, np.uint64))  # (hashes,), rising

    @property
    def sum(self) -> str:
        """The sha256 of all that decides what is found."""
        return hashlib.sha256(self._hashes.tobytes()).hexdigest()

    def find(self, sentences: Sequence[str]) -> set[int]:
        """Return the numbers, from 0, of the sentences that are the same as one of the index."""
        digests = [_digests(sentence) for sentence in sentences]
        runs = np.frombuffer(b"".join(chain.from_iterable(digests)), np.uint64)  # (runs,)
        known = np.flatnonzero(self._hashes.searchsorted(runs) < self._hashes.searchsorted(runs, "right"))
        ends = [*accumulate(map(len, digests))]  # where in `runs` those of a sentence end
        return {bisect_right(ends, run) for run in known.tolist()}


def _digests(sentence: str) -> list[bytes]:
    """Return a hash of every run of `RUN` words, or of all words if they are fewer; none of a short sentence."""
    words = plain_words(sentence)
    if len(words) < SHORTEST:
        return []
    runs = (" ".join(words[start : start + RUN]) for start in range(max(1, len(words) - RUN + 1)))
    return [hashlib.blake2b(run.encode(), digest_size=8).digest() for run in runs]
