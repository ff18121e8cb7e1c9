"""One spelling for words that read the same: Unicode NFC, and no stress marks in what is lemmatised.

    районягиня     NFD: и and U+0306      ->  NFC: й
    столи́ца        и and U+0301, a stress  ->  столица

NFC is for all text that the pipeline reads, the corpus, NER sets and texts to tag alike; a token keeps its stress.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from unicodedata import combining, is_normalized, normalize

_STRESS = re.compile("(?<=[\u0400-\u052f])[\u0300\u0301]+|[\u0450\u045d]")
"""Acute and grave on a Cyrillic letter; NFC has the grave on е and и in one character."""
_BARE = {"\u0450": "е", "\u045d": "и"}


def compose(text: str) -> str:
    """The text in NFC: each letter with its marks in one character where Unicode has one."""
    return normalize("NFC", text)


def remove_stress(text: str) -> str:
    """The text without stress marks on Cyrillic letters; é of `José` and й, ё, ѓ stay as they are."""
    return _STRESS.sub(lambda stress: _BARE.get(stress[0], ""), text)


def count_composed(text: str) -> int:
    """The words of folded text that are not in NFC."""
    return 0 if is_normalized("NFC", text) else sum(not is_normalized("NFC", word) for word in text.split(" "))


def count_stressed(text: str) -> int:
    """The words of folded text in NFC that have a stress mark."""
    return sum(_STRESS.search(word) is not None for word in text.split(" ")) if _STRESS.search(text) else 0


def compose_aligned(text: str) -> tuple[str, Sequence[int]]:
    """The text in NFC, and the place in `text` of each of its characters and of its end.

    Characters that were composed together share the place where the first of them stood.
    """
    if is_normalized("NFC", text):
        return text, range(len(text) + 1)
    composed, places = "", list[int]()
    for start, stop in pairwise([*_starts(text), len(text)]):
        cluster = compose(text[start:stop])
        places += range(start, stop) if cluster == text[start:stop] else [start] * len(cluster)
        composed += cluster
    return composed, [*places, len(text)]


def _starts(text: str) -> list[int]:
    """The places where NFC may cut the text: before a letter that composes with nothing before it."""
    starts = [0] if text else []
    for place, character in enumerate(text[1:], 1):
        before = text[starts[-1] : place]
        if not combining(character) and compose(before + character) == compose(before) + compose(character):
            starts.append(place)
    return starts
