"""The one exception that is for the user and not for the programmer."""


class UserError(Exception):
    """Bad input. The message is one line: the file, the place, what was found, what was expected, what to do.

    The command line prints it without a traceback and exits with 1.
    """


SPACES = (
    "\t\xa0\xad\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200c\u200d\u202f\u205f\u3000"
)
"""Of every width, soft hyphens and joiners: of a text, but for `str.isprintable`."""
TEXT = f"\n{SPACES}"
"""What is kept of a text of several lines."""


def printable(text: str, keep: str = "") -> str:
    r"""The text with what a terminal would obey, or not show, as an escape: `\x1b`, `\u202e`; but for `keep`."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text)


def reason(error: OSError) -> str:
    """What the system says is wrong; some libraries raise an `OSError` with a text of their own and no number."""
    return error.strerror.lower() if error.strerror else str(error)


def remake(stage: str) -> str:
    """What to do about a damaged file of that stage; the folder of an exported tagger may be without a pipeline."""
    return f"make it again: dvc repro {stage}, or copy it again"
