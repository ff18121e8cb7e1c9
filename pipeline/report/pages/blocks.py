"""What a page is made of, before it is Markdown or HTML. A paragraph is a `str`, in which `backticks` mark code."""

from collections.abc import Sequence
from typing import NamedTuple

from pipeline.report.pages.readings import Reading


class Heading(NamedTuple):
    """A heading within a section."""

    heading: str


class Table(NamedTuple):
    """Cells that are text already; the first `left` columns to the left, others to the right."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    left: int = 1


class Cell(NamedTuple):
    """Of a matrix: a value, the small print under it, and whether it stands out."""

    value: str
    note: str
    stands_out: bool


class Matrix(NamedTuple):
    """A row of cells a name; None where there is nothing to say."""

    corner: str
    columns: Sequence[str]
    cells: Sequence[tuple[str, Sequence[Cell | None]]]


class Picture(NamedTuple):
    """A picture by the name of its files, without their endings."""

    picture: str
    title: str


class Example(NamedTuple):
    """A sentence by its number from 1, as gold and the systems have it."""

    number: int
    about: str
    readings: Sequence[Reading]


class Examples(NamedTuple):
    """Sentences of a test split."""

    examples: Sequence[Example]


class Text(NamedTuple):
    """Text of the corpus by what it is called: a stage, and the lines that it made."""

    text: Sequence[tuple[str, Sequence[str]]]


Block = str | Heading | Table | Matrix | Picture | Examples | Text


class Fact(NamedTuple):
    """A number of the headline, and the small print under it."""

    title: str
    value: str
    note: str


class Section(NamedTuple):
    """A part of a page with a heading of its own."""

    title: str
    blocks: Sequence[Block]
