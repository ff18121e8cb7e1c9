"""White space of every kind becomes plain spaces."""


def fold(text: str) -> str:
    """Turn every run of white space into one plain space and strip the ends.

    White space is what `str.split` splits on: no-break and thin spaces, tabs, line and paragraph separators
    (U+0085, U+2028, U+001C to U+001F). Zero-width characters (U+200B, U+FEFF) are not white space and stay.
    """
    return " ".join(text.split())


def count_words(text: str) -> int:
    """Return the number of words of a folded text, which single spaces separate."""
    return text.count(" ") + 1 if text else 0
