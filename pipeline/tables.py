"""Small CSV files."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.outputs import fresh_file

DIGITS = 6


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table with LF line ends, whole or not at all; floats to 6 digits."""
    with fresh_file(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([_cell(value) for value in row] for row in rows)


def _cell(value: object) -> object:
    return round(value, DIGITS) if isinstance(value, float) else value
