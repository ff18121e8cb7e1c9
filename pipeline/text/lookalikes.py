"""Latin letters in Cyrillic words, as in `Причeм` with a Latin e: to a model it is another word."""

import re

_LATIN, _CYRILLIC = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f", "\u0400-\u052f"
_ANY_LATIN = re.compile(f"[{_LATIN}]")
_MIXED = re.compile(f"[{_LATIN}][{_CYRILLIC}]|[{_CYRILLIC}][{_LATIN}]")


def count_mixed(text: str) -> int:
    """Words of folded text in which a Latin and a Cyrillic letter are neighbours; in `IT-отдел` they are not."""
    if not _ANY_LATIN.search(text):  # nearly all text; it costs a third of what the words do
        return 0
    return sum(_MIXED.search(word) is not None for word in text.split(" "))
