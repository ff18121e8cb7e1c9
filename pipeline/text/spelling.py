"""Words that read the same get one spelling: Unicode NFC, and no stress marks in what is lemmatised.

    районягиня     NFD: и and U+0306      ->  NFC: й
    столи́ца        и and U+0301, a stress  ->  столица

All text that the pipeline reads is put into NFC: the corpus, NER sets and texts to tag. A token keeps its stress.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from unicodedata import combining, normalize

_STRESS = re.compile("(?<=[\u0400-\u052f])[\u0300\u0301]+|[\u0400\u040d\u0450\u045d]")
"""Acute and grave accents on a Cyrillic letter. In NFC е and и with a grave are one character each."""
PIECE = 1000
"""The number of characters that are put into NFC at once."""
_PIECES = re.compile(rf"(?s:.{{1,{PIECE}}}(?=\s|\Z)|.{{1,{PIECE}}})")
_BARE = {"\u0400": "Е", "\u040d": "И", "\u0450": "е", "\u045d": "и"}
_LATIN, _CYRILLIC = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f", "\u0400-\u052f"
_MIXED = re.compile(f"[{_LATIN}][{_CYRILLIC}]|[{_CYRILLIC}][{_LATIN}]")


def compose(text: str) -> str:
    """Return the text in NFC: each letter with its marks as one character where Unicode has one.

    Long texts are composed in pieces, cut at white space where possible: the time of Unicode's algorithm grows with the
    square of the marks on a letter.
    """
    if len(text) <= PIECE:
        return normalize("NFC", text)
    return "".join(normalize("NFC", piece) for piece in _PIECES.findall(text))


def remove_stress(text: str) -> str:
    """Return the text without stress marks on Cyrillic letters; é of `José` and й, ё, ѓ stay as they are."""
    return _STRESS.sub(lambda stress: _BARE.get(stress[0], ""), text)


def count_composed(text: str) -> int:
    """Return the number of words of a folded text that are not in NFC."""
    composed = compose(text)
    return 0 if composed == text else sum(compose(word) != word for word in text.split(" "))


def count_stressed(text: str) -> int:
    """Return the number of words of a folded text in NFC that have a stress mark."""
    return sum(_STRESS.search(word) is not None for word in text.split(" ")) if _STRESS.search(text) else 0


def count_mixed(text: str) -> int:
    """Count the words of a folded text with a Latin next to a Cyrillic letter, as in `Причeм` with a Latin e.

    To a model that is another word. In `IT-отдел` the two are not neighbours.
    """
    return sum(_MIXED.search(word) is not None for word in text.split(" ")) if _MIXED.search(text) else 0


def compose_aligned(text: str) -> tuple[str, Sequence[int]]:
    """Return the text in NFC, and the position in `text` of each of its characters and of its end.

    Characters that were composed together share the position of the first of them.
    """
    if compose(text) == text:
        return text, range(len(text) + 1)
    starts = [0]  # of clusters: before a letter that composes with nothing before it
    for position, character in enumerate(text[1:], 1):
        cluster = text[starts[-1] : position]
        if cluster[-1].isspace() or (  # so that white space is in no token
            not combining(character) and compose(cluster + character) == compose(cluster) + compose(character)
        ):
            starts.append(position)
    composed, positions = "", list[int]()
    for start, stop in pairwise([*starts, len(text)]):
        cluster = compose(text[start:stop])
        positions += range(start, stop) if cluster == text[start:stop] else [start] * len(cluster)
        composed += cluster
    return composed, [*positions, len(text)]
