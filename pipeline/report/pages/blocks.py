"""Tables, pictures and sentences of a page as Markdown; its paragraphs are in templates."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from pipeline.errors import SPACES, printable
from pipeline.report.tables import markdown


class Markdown(str):
    """Text that is Markdown already; any other text is escaped where a block or a template shows it."""


class Annotation(NamedTuple):
    """A sentence with the entities of gold or of a system; `by` names the seeds that agree on them, none for gold."""

    system: str
    by: str
    text: Markdown


class Example(NamedTuple):
    """A sentence of a test split, by its number from 1, with its annotations."""

    number: int
    about: str
    annotations: Sequence[Annotation]


CROSS = "✗"
LEGEND = Markdown(f"Entities: each type has its colour; ***not in the gold tags*** _{CROSS}_.")
"""How the entities of an `Example` are marked."""


def mark(text: str, type_: str, wrong: bool) -> Markdown:
    """An entity within a sentence: bold, then its type, with a cross where it is not in the gold tags."""
    if wrong:
        return Markdown(f"***{escape(text)}*** _{escape(type_)} {CROSS}_")
    return Markdown(f"**{escape(text)}** _{escape(type_)}_")


def code(text: str) -> Markdown:
    """Text as code, also in a table, whatever backticks and bars are in it."""
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    space = " " if "`" in text else ""
    return Markdown(fence + space + printable(text, SPACES).replace("|", r"\|") + space + fence)


def escape(text: str) -> str:
    """Escape text that somebody else wrote, so that Markdown shows it as it is."""
    if isinstance(text, Markdown):
        return text
    return re.sub(r"([\\`*_\[\]<>|#~&])", r"\\\1", printable(text, SPACES))


def table(header: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> Markdown:
    """A table; the first `left` columns are aligned to the left, the others to the right."""
    return Markdown(markdown([*map(escape, header)], [[*map(escape, row)] for row in rows], left))


def picture(path: str, title: str) -> Markdown:
    """A picture, by the path of its files from the page and without their endings."""
    return Markdown(f"[![{escape(title)}]({path}.png)]({path}.svg)")


def fold(title: str) -> Markdown:
    """The beginning of what is shown when a reader asks for it, in a paragraph of its own; ends with `FOLD_END`."""
    return Markdown(f"<details><summary>{escape(title)}</summary>")


FOLD_END = Markdown("</details>")


def long_table(header: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1, shown: int = 10) -> Markdown:
    """A table whose rows after the first `shown` are folded."""
    parts = [table(header, rows[:shown], left)]
    if rest := rows[shown:]:
        parts += [fold(f"{len(rest):,} more"), table(header, rest, left), FOLD_END]
    return Markdown("\n\n".join(parts))


def show_example(example: Example) -> Markdown:
    """A sentence as a table with a row for each annotation."""
    rows = [[f"{system}, {by}" if by else system, text] for system, by, text in example.annotations]
    return table([f"Sentence {example.number}", example.about], rows, left=2)
