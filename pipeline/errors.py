"""The one exception that is for the user and not for the programmer, and the form of every line that a user reads."""

import errno
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, get_args, get_origin

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

LONGEST, SHOWN = 1000, 200
"""Characters of a line, and of a value that it repeats."""
FAULTS = 5
"""Of a file, that a message repeats."""
SPACES = (
    "\t\xa0\xad\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200c\u200d\u202f\u205f\u3000"
)
"""Of every width, soft hyphens and joiners: of a text, but for `str.isprintable`."""
TEXT = f"\n{SPACES}"
"""What is kept of a text of several lines."""
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""Errors of a disk, a quota, or a limit on files that leaves no room."""
OF_THE_FILE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG}
OF_THE_FILE |= {errno.ELOOP}
"""Errors that say something about the file they name, and nothing about the program."""
_USER = re.compile(r"(?<=://)(?:[^\s/?#'\"]*|[^\s/?#@:]{0,300}:(?=\S)(?!\d*[\s/?#])(?:[^/?#'\"]{0,100}|\S{0,300}))@")
"""`name:password@` of a URL; whoever forgets to quote a password may have any character in it."""
_QUERY = re.compile(r"(://[^\s?#;'\"]{0,1000})[?#;][^\s'\"]*[^\s'\":;,.)…]")


class UserError(Exception):
    """Bad input. The message is one line: the file, the place, what was found, what was expected, what to do.

    The command line prints it without a traceback and exits with 1. Whatever is put in, `one_line` makes it fit to be
    printed.
    """

    def __init__(self, message: str) -> None:
        super().__init__(one_line(message))


def one_line(text: str, longest: int = LONGEST) -> str:
    """The text as one line of at most `longest` characters: of a longer one the middle is cut out.

    Nothing in it commands a terminal, and URLs show neither users and passwords nor queries.
    """
    text = _cut(text, 20 * longest)  # what is looked through is bounded too
    text = _QUERY.sub(r"\1?…", _USER.sub("", text))
    return _cut(printable(" ".join(text.split())), longest)


def shown(value: object) -> str:
    """A value as a message repeats it: as Python writes it, and an error as its text, bounded to `SHOWN` characters."""
    try:
        return one_line(str(value) if isinstance(value, Exception) else repr(value), SHOWN)
    except ValueError:  # Python prints no more than 4,300 digits, and YAML knows hexadecimal ones
        return "a number of thousands of digits"


def public(source: str) -> str:
    """A URL as it may be written down: `https://host/path?…`; what is no URL stays as it is.

    All of the query goes, since no list of names is complete: a token may be called anything.
    """
    if "://" not in source:
        return source
    url = _USER.sub("", re.sub(r"[\s'\"]", "_", source))
    rest = re.search("[?#;]", url[url.index("://") :])
    return f"{url[: url.index('://') + rest.start()]}?…" if rest else url


def _cut(text: str, longest: int) -> str:
    tail = longest // 3
    return text if len(text) <= longest else f"{text[: longest - tail - 1]}…{text[-tail:]}"


def printable(text: str, keep: str = "") -> str:
    r"""The text with what a terminal would obey, or not show, as an escape: `\x1b`, `\u202e`; but for `keep`."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text)


def explain(
    error: "ValidationError",
    block: "type[BaseModel] | None" = None,
    written_at: Callable[[tuple[str | int, ...]], tuple[str | int, ...]] = lambda key: key,
) -> str:
    """A clause for each of the first faults: where, what was found, what was expected; `block` says which keys are.

    `written_at` says where the file has what the model has at a key.
    """
    faults = error.errors(include_url=False)
    faults.sort(key=lambda fault: fault["type"] == "missing")  # a key that is misspelt says what is missing too
    clauses = list(dict.fromkeys(_explain(fault, block, written_at(fault["loc"])) for fault in faults))
    rest = [f"and {len(clauses) - FAULTS:,} more"] if len(clauses) > FAULTS else []
    return "; ".join([*clauses[:FAULTS], *rest])


def _explain(fault: Any, block: "type[BaseModel] | None", key: tuple[str | int, ...]) -> str:
    kind, message = fault["type"], fault["msg"].removeprefix("Value error, ")
    if kind == "json_invalid":
        return f"not valid JSON: {fault['ctx']['error']}"
    place = ".".join(one_line(str(part), SHOWN) for part in key) or "top level"
    if kind in ("missing", "extra_forbidden"):
        fields = _block_at(fault["loc"][:-1], block).model_fields if block else {}
        if kind == "missing":
            required = ", ".join(name for name, field in fields.items() if field.is_required())
            return f"{place}: missing" + (f"; required here: {required}" if required else "")
        return f"{place}: unknown key" + (f"; valid keys here: {', '.join(fields)}" if fields else "")
    if kind == "value_error" and not block:  # it says itself what was found
        return f"{place}: {message}"
    found = "nothing" if fault["input"] is None else shown(fault["input"])
    return f"{place}: found {found}: {message[0].lower()}{message[1:]}"


def _block_at(location: tuple[str | int, ...], block: "type[BaseModel]") -> "type[BaseModel]":
    """The model of the block at `location`; the indices of lists and the names in a table are steps of their own."""
    kind: Any = block
    for part in location:
        # list[X] or dict[str, X], or a block, of which `part` is a key; its annotation may be `X | None`
        kind = get_args(kind)[-1] if get_origin(kind) in (list, dict) else kind.model_fields[part].annotation
        kind = get_args(kind)[0] if type(None) in get_args(kind) else kind
    return kind


def reason(error: OSError) -> str:
    """What the system says is wrong; some libraries raise an `OSError` with a text of their own and no number."""
    return error.strerror.lower() if error.strerror else str(error)


def remake(stage: str) -> str:
    """What to do about a damaged file of that stage; the folder of an exported tagger may be without a pipeline."""
    return f"make it again: dvc repro {stage}, or copy it again"


def describe(error: Exception) -> str | None:
    """What a user is to do about an error that the machine has made; None for one that is the programmer's."""
    import sqlite3

    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, sqlite3.OperationalError):
        return f"DVC's own database, in core.site_cache_dir or /var/tmp/dvc: {error}; make room there and run again"
    # numpy has a kind of error for it, and so has torch on a GPU; on a CPU torch only says so
    memory = ("can't allocate memory", "out of memory", "not enough memory")
    is_torch = isinstance(error, RuntimeError) and any(words in str(error) for words in memory)
    if isinstance(error, MemoryError) or is_torch:
        what = str(error).strip().partition("\n")[0].rpartition("] ")[2]
        return f"out of memory{f' ({what})' if what else ''}; make what it is for smaller, or use a machine with more"
    if isinstance(error, OSError) and error.errno in FULL:
        # Of a copy, the second is the one that is written; what is printed has no name.
        full = error.filename2 or error.filename or "standard output"
        return f"{full}: no space left on the device; free some and run again"
    if isinstance(error, OSError) and error.errno in OF_THE_FILE and error.filename:
        return f"{error.filename}: {reason(error)}; mend that and run again"
    return None
