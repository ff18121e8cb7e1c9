"""Tables as text, and numbers as people read them."""

import re
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from pipeline.errors import SPACES, TEXT, printable
from pipeline.report.pages.blocks import Block, Cell, Heading, Matrix, Picture, Table

NONE = "–"
"""In place of a number that does not exist."""


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """A Markdown table of cells that are text already; the first `left` columns to the left, others to the right."""
    return _format(header, rows, left, "pipe")


def markdown_page(parts: Iterable[str]) -> str:
    """A Markdown page of its paragraphs; of control characters, which names and titles may have, it shows escapes."""
    return printable("\n\n".join(parts) + "\n", TEXT)


def format_blocks(blocks: Iterable[Block], pictures: str) -> str:
    """Blocks as Markdown; the files of pictures are looked for under `pictures`, a prefix of their paths."""
    return "\n\n".join(_format_block(block, pictures) for block in blocks)


def escape(block: Block) -> Block:
    """A block with names or text in it that somebody else wrote, so that Markdown shows it as it is."""
    match block:
        case Table():
            return block._replace(rows=[[_escape(cell) for cell in row] for row in block.rows])
        case Matrix():
            cells = [(_escape(name), row) for name, row in block.cells]
            return block._replace(columns=[_escape(name) for name in block.columns], cells=cells)
        case Heading():
            return Heading(_escape(block.heading))
    return block


def _escape(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>|#~&])", r"\\\1", text)


def _format_block(block: Block, pictures: str) -> str:
    match block:
        case Table():
            return markdown(*block)
        case Matrix():
            rows = [[name, *map(_format_cell, cells)] for name, cells in block.cells]
            return markdown([block.corner, *block.columns], rows)
        case Heading():
            return f"### {block.heading}"
        case Picture():
            place = f"{pictures}{block.picture}"
            return f"[![{block.title}]({place}.png)]({place}.svg)"
    return str(block)


def _format_cell(cell: Cell | None) -> str:
    """+0.031 * (p 0.0005), the star where it stands out."""
    return f"{cell.value}{' *' if cell.stands_out else ''} ({cell.note})" if cell else ""


def plain(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The same for a terminal."""
    return _format(header, rows, 1, "plain")


def _format(header: Sequence[str], rows: Sequence[Sequence[str]], left: int, form: str) -> str:
    align = ["left" if column < left else "right" for column in range(len(header))]
    table = pd.DataFrame([_cells(row) for row in rows], columns=_cells(header))
    return table.to_markdown(index=False, tablefmt=form, colalign=align, disable_numparse=True)


def _cells(row: Sequence[str]) -> list[str]:
    return [printable(cell, SPACES) for cell in row]


def integer(value: float | None) -> str:
    """12345 -> 12,345."""
    return NONE if value is None else f"{value:,.0f}"


def decimal(value: float | None, digits: int) -> str:
    """1234.567 -> 1,234.6 with one digit."""
    return NONE if value is None else f"{value:,.{digits}f}"


def minutes(value: float | None) -> str:
    """12.34 -> 12.3, and 1.234 -> 1.23."""
    return decimal(value, 2 if value is None or value < 10 else 1)


def score(value: float | None) -> str:
    """An F1: 0.76312 -> 0.763."""
    return decimal(value, 3)


def plus_minus(mean: float, deviation: float | None) -> str:
    """A mean and the deviation between seeds, where there is one: 0.763 ± 0.004."""
    return score(mean) if deviation is None else f"{score(mean)} ± {score(deviation)}"


def spread(metrics: Mapping[str, float], metric: str) -> str:
    """The same from metrics of a set, as `evaluate` writes them."""
    return plus_minus(metrics[metric], metrics.get(f"{metric}_deviation"))


def percent(share: float | None) -> str:
    """A share: 0.0123 -> 1.2 %; something is never called nothing."""
    if share is None:
        return NONE
    return "under 0.1 %" if 0 < share < 0.0005 else f"{100 * share:.1f} %"
