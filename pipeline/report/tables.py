"""Tables as text, and numbers as people read them."""

import textwrap
from collections.abc import Mapping, Sequence

import pandas as pd

from pipeline.errors import SPACES, printable

TITLES = {
    "token_f1": "Token F1",
    "entity_f1": "Entity F1",
    "entity_f1_macro": "Entity F1, macro",
    "entity_f1_seen": "Entity F1, seen",
    "entity_f1_unseen": "Entity F1, unseen",
    "entity_f1_lowercased": "Entity F1, lower-cased",
}
"""Names of the metrics."""
GAP = "  "
"""Between the columns of a table on a terminal."""
NARROWEST = 12
"""Characters of a line of a name there, at least."""
NONE = "–"
"""Shown in place of a number that does not exist."""


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """A table of cells that are Markdown; the first `left` columns are aligned to the left, others to the right."""
    align = ["left" if column < left else "right" for column in range(len(header))]
    titles, *cells = _printable(header, rows)
    table = pd.DataFrame(cells, columns=titles)
    return table.to_markdown(index=False, tablefmt="pipe", colalign=align, disable_numparse=True)


def plain(header: Sequence[str], rows: Sequence[Sequence[str]], width: int = 0) -> str:
    """A table for a terminal, whose first column is aligned to the left.

    If a `width` is given, lines have at most so many characters: long names in the first column go on in the next line.
    There they have at least `NARROWEST` characters, whatever the other columns take.
    """
    cells = _printable(header, rows)
    first, *widths = (max(map(len, column)) for column in zip(*cells, strict=True))
    if width:
        first = min(first, max(width - sum(len(GAP) + other for other in widths), NARROWEST))
    lines = []
    for name, *others in cells:
        begin, *rest = textwrap.wrap(name, first or 1, break_on_hyphens=False) or [""]
        numbers = (cell.rjust(other) for cell, other in zip(others, widths, strict=True))
        lines += [GAP.join([begin.ljust(first), *numbers]).rstrip(), *rest]
    return "\n".join(lines)


def _printable(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[list[str]]:
    return [[printable(cell, SPACES) for cell in row] for row in (header, *rows)]


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


def interval(row: Mapping[str, float]) -> str:
    """The `low` and `high` of a row: 0.743 to 0.781."""
    return f"{score(row['low'])} to {score(row['high'])}"


def plus_minus(mean: float, deviation: float | None) -> str:
    """A mean, and the deviation between seeds if there is one: 0.763 ± 0.004."""
    return score(mean) if deviation is None else f"{score(mean)} ± {score(deviation)}"


def spread(metrics: Mapping[str, float], metric: str) -> str:
    """The same from the metrics of a set, as `evaluate` writes them."""
    return plus_minus(metrics[metric], metrics.get(f"{metric}_deviation"))


def percent(share: float | None) -> str:
    """A share: 0.0123 -> 1.2 %; only 0 is shown as 0.0 %."""
    if share is None:
        return NONE
    return "under 0.1 %" if 0 < share < 0.0005 else f"{100 * share:.1f} %"
