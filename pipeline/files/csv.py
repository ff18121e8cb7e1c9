"""Small CSV files."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.errors import UserError, remake, shown
from pipeline.work.outputs import fresh_file, need

DIGITS = 6

Columns = Mapping[str, type]
"""What is in the columns of a table: str, or numbers, none of them negative."""
Rows = list[dict[str, Any]]


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table with LF line ends, whole or not at all; floats to 6 digits."""
    with fresh_file(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([round(x, DIGITS) if isinstance(x, float) else x for x in row] for row in rows)


def read_csv(path: Path, columns: Columns, stage: str) -> Rows:
    """These columns of what `write_csv` wrote; a `UserError` names the file, what is wrong with it, and the stage."""
    return parse_csv(need(path, stage).read_bytes(), str(path), remake(stage), columns)


def parse_csv(data: bytes, place: str, advice: str, columns: Columns) -> Rows:
    """The same from bytes; `place` names them in messages, and `advice` says what to do about them."""
    try:
        header, *rows = [*csv.reader(io.StringIO(data.decode(), newline=""), strict=True)] or [[]]
        if missing := [column for column in columns if header.count(column) != 1]:
            raise ValueError(f"found columns {', '.join(header)}, expected {', '.join(missing)} as well, each once")
        return [_parse_row(number, header, row, columns) for number, row in enumerate(rows, 2)]
    except (csv.Error, ValueError) as error:
        raise UserError(f"{place}: not the table that was written: {shown(error)}; {advice}") from None


def _parse_row(line: int, header: list[str], row: list[str], columns: Columns) -> dict[str, Any]:
    if len(row) != len(header):
        raise ValueError(f"line {line:,}: found {len(row)} values, expected {len(header)}")
    texts = dict(zip(header, row, strict=True))
    values: dict[str, Any] = {}
    for column, kind in columns.items():
        values[column] = texts[column] if kind is str else _number(texts[column], kind)
        if values[column] is None:
            raise ValueError(f"line {line:,}: {column}: found {texts[column]!r}, expected {kind.__name__}")
    return values


def _number(text: str, kind: type) -> Any | None:
    """A number from 0 on of that kind; None if the text is none."""
    try:
        number = float(text)
    except ValueError:
        return None
    return kind(number) if 0 <= number < 2**53 and kind(number) == number else None
