"""The one exception that is meant for the user, not the programmer, and the form of every line that a user reads."""

import errno
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, get_args, get_origin

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

LONGEST, SHOWN = 1000, 200
"""The most characters of a line, and of a value that it repeats."""
FAULTS = 5
"""How many faults of a file a message names."""
SPACES = "\t\xa0\xad\u1680\u200c\u200d\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""Spaces of every width, soft hyphens and joiners: `str.isprintable` denies them, but they belong to texts."""
TEXT = f"\n{SPACES}"
"""The characters that a text of several lines may have besides printable ones."""
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""Errors of a full disk or quota, or of a limit on the size of files."""
OF_THE_FILE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG}
OF_THE_FILE |= {errno.ELOOP}
"""Errors that say something about the file that they name, and nothing about the program."""
_USER = re.compile(r"(?<=://)(?:[^\s/?#'\"]*|[^\s/?#@:]{0,300}:(?=\S)(?!\d*[\s/?#])(?:[^/?#'\"]{0,100}|\S{0,300}))@")
"""`name:password@` in a URL; a password that is not quoted may have any character in it."""
_QUERY = re.compile(r"(://[^\s?#;'\"]{0,1000})[?#;][^\s'\"]*[^\s'\":;,.)…]")


class UserError(Exception):
    """Bad input. The message is one line: the file, the place, what was found, what was expected, what to do.

    The command line prints it without a traceback and exits with 1; `one_line` makes any message safe to print.
    """

    def __init__(self, message: str) -> None:
        super().__init__(one_line(message))


def one_line(text: str, longest: int = LONGEST) -> str:
    """Return the text as one line of at most `longest` characters; a longer one loses its middle.

    Nothing in it commands a terminal, and its URLs show no users, passwords or queries.
    """
    text = _cut(text, 20 * longest)  # bounds the search as well
    text = _QUERY.sub(r"\1?…", _USER.sub("", text))
    return _cut(printable(" ".join(text.split())), longest)


def shown(value: object) -> str:
    """Return a value as messages repeat it: as Python writes it, an error as its text, at most `SHOWN` characters."""
    try:
        return one_line(str(value) if isinstance(value, Exception) else repr(value), SHOWN)
    except ValueError:  # Python prints at most 4,300 digits, but YAML can have a longer number in hexadecimal digits
        return "a number of thousands of digits"


def public(source: str) -> str:
    """Return the public part of a URL: `https://host/path?…`; a text that is not a URL stays as it is.

    The whole query is left out, since a token in it may have any name.
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
    r"""Escape characters that a terminal would obey or not show, as in `\x1b` or `\u202e`, unless `keep` has them."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text)


def explain(
    error: "ValidationError",
    block: "type[BaseModel] | None" = None,
    written_at: Callable[[tuple[str | int, ...]], tuple[str | int, ...]] = lambda key: key,
) -> str:
    """Return a clause for each of the first faults: the place, what was found, what was expected.

    With `block`, the model, a clause lists the keys that are valid. `written_at` translates a key of the model into its
    key in the file.
    """
    faults = error.errors(include_url=False)
    faults.sort(key=lambda fault: fault["type"] == "missing")  # unknown keys come first: one may be misspelt
    clauses = list(dict.fromkeys(_explain(fault, block, written_at(fault["loc"])) for fault in faults))
    rest = [f"and {len(clauses) - FAULTS:,} more"] if len(clauses) > FAULTS else []
    return "; ".join([*clauses[:FAULTS], *rest])


def _explain(fault: Any, block: "type[BaseModel] | None", key: tuple[str | int, ...]) -> str:
    kind, message = fault["type"], fault["msg"].removeprefix("Value error, ")
    message = re.sub(r" or instance of \w+$| after validation, not \d+$", "", message)  # words of pydantic's alone
    if kind == "json_invalid":
        return f"not valid JSON: {fault['ctx']['error']}"
    # pydantic adds "[key]" where a key itself is at fault.
    name = ".".join(one_line(str(part), SHOWN) for part in key if part != "[key]") or "top level"
    if kind in ("missing", "extra_forbidden"):
        fields = _block_at(fault["loc"][:-1], block).model_fields if block else {}
        if kind == "missing":
            required = ", ".join(key for key, field in fields.items() if field.is_required())
            return f"{name}: missing" + (f"; required here: {required}" if required else "")
        return f"{name}: unknown key" + (f"; valid keys here: {', '.join(fields)}" if fields else "")
    is_block = isinstance(fault["input"], dict) and not message.startswith("expected")
    if kind == "value_error" and (is_block or not block):  # its message says what was found
        return f"{name}: {message}"
    value = "nothing" if fault["input"] is None else shown(fault["input"])
    return f"{name}: found {value}: {message[0].lower()}{message[1:]}"


def _block_at(location: tuple[str | int, ...], block: "type[BaseModel]") -> "type[BaseModel]":
    """Return the model of the block at `location`, whose parts are keys of blocks and tables and indices of lists."""
    kind: Any = block
    for part in location:
        # `kind` is list[X], dict[str, X], or a block with the key `part`, whose annotation may be `X | None`.
        kind = get_args(kind)[-1] if get_origin(kind) in (list, dict) else kind.model_fields[part].annotation
        kind = get_args(kind)[0] if type(None) in get_args(kind) else kind
    return kind


def reason(error: OSError) -> str:
    """Return the system's message; some libraries raise an `OSError` with a message of their own and no number."""
    return error.strerror.lower() if error.strerror else str(error)


def remake(stage: str) -> str:
    """Say what to do about a damaged file of a stage; an exported tagger may have come without a pipeline."""
    return f"make it again: dvc repro {stage}, or copy it again"


def describe(error: Exception) -> str | None:
    """Return a line that says what to do about an error of input or machine; None for an error of the program."""
    import sqlite3

    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, sqlite3.OperationalError):
        return f"DVC's own database, in core.site_cache_dir or /var/tmp/dvc: {error}; make room there and run again"
    # numpy raises a MemoryError; torch raises a RuntimeError that only its message tells from others.
    memory = ("can't allocate memory", "out of memory", "not enough memory")
    is_torch = isinstance(error, RuntimeError) and any(words in str(error) for words in memory)
    if isinstance(error, MemoryError) or is_torch:
        detail = str(error).strip().partition("\n")[0].rpartition("] ")[2]
        detail = f" ({detail})" if detail else ""
        return f"out of memory{detail}; make what it is for smaller, or use a machine with more"
    if isinstance(error, OSError) and error.errno in FULL:
        # The second file of a copy is the one being written; standard output has no name.
        full = error.filename2 or error.filename or "standard output"
        return f"{full}: no space left on the device; free some and run again"
    if isinstance(error, OSError) and error.errno in OF_THE_FILE and error.filename:
        return f"{error.filename}: {reason(error)}; mend that and run again"
    return None
