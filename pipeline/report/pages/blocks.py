"""Tables, pictures and sentences of a page, and their Markdown; its paragraphs are in templates."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from pipeline.errors import SPACES, printable
from pipeline.report.tables import markdown


class Markdown(str):
    """Text that is Markdown already: other text is escaped where a block or a template shows it."""


class Table(NamedTuple):
    """Cells that are text; the first `left` columns are aligned to the left, the others to the right."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    left: int = 1


class Picture(NamedTuple):
    """A picture by the path of its files, beside the page and without their endings."""

    picture: str
    title: str


class Reading(NamedTuple):
    """A sentence as gold or a system has it; `by` names the seeds that agree on it and is empty for gold."""

    system: str
    by: str
    text: Markdown


class Example(NamedTuple):
    """A sentence of a test split by its number from 1, as gold and the systems have it."""

    number: int
    about: str
    readings: Sequence[Reading]


Block = Table | Picture | Example

LEGEND = Markdown("Entities: **gold, or found with its borders and type**; ***not in the gold tags*** _✗_.")
"""How the entities of an `Example` are marked."""


def mark(text: str, type_: str, wrong: bool) -> Markdown:
    """An entity within a sentence: bold, then its type, with a cross where it is not in the gold tags."""
    return Markdown(f"***{escape(text)}*** _{escape(type_)} ✗_" if wrong else f"**{escape(text)}** _{escape(type_)}_")


def code(text: str) -> Markdown:
    """Text as code, in a table too, whatever backticks and bars are in it."""
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    space = " " if "`" in text else ""
    return Markdown(fence + space + printable(text, SPACES).replace("|", r"\|") + space + fence)


def escape(text: str) -> str:
    """Text that somebody else wrote, so that Markdown shows it as it is."""
    if isinstance(text, Markdown):
        return text
    return re.sub(r"([\\`*_\[\]<>|#~&])", r"\\\1", printable(text, SPACES))


def format_block(block: Block) -> str:
    """A block as Markdown; names and cells in it are escaped."""
    match block:
        case Table(header, rows, left):
            return markdown([*map(escape, header)], [[*map(escape, row)] for row in rows], left)
        case Picture(picture, title):
            return f"[![{escape(title)}]({picture}.png)]({picture}.svg)"
        case Example(number, about, readings):
            named = [[f"{system}, {by}" if by else system, text] for system, by, text in readings]
            return format_block(Table([f"Sentence {number}", about], named, left=2))
