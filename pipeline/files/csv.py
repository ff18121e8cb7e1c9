"""Small CSV files."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from pipeline.errors import UserError, explain, remake, shown
from pipeline.work.outputs import fresh_file, need

DIGITS = 6

Columns = Mapping[str, type]
"""The type of each column by its name: str, int or float; no number is negative."""
Rows = list[dict[str, Any]]


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table with LF line ends, whole or not at all; floats to 6 digits."""
    with fresh_file(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([round(x, DIGITS) if isinstance(x, float) else x for x in row] for row in rows)


def read_csv(path: Path, columns: Columns, stage: str) -> Rows:
    """Read these columns of a table; a `UserError` names the file, what is wrong with it, and the stage to rerun."""
    return parse_csv(need(path, stage).read_bytes(), str(path), remake(stage), columns)


def parse_csv(data: bytes, name: str, advice: str, columns: Columns) -> Rows:
    """Parse these columns of a table; a `UserError` has the file's name, the fault and the advice."""
    try:
        reader = csv.DictReader(io.StringIO(data.decode(), newline=""), strict=True)
        header = reader.fieldnames or []
        if missing := [column for column in columns if column not in header]:
            raise ValueError(f"found columns {', '.join(header)}, expected {', '.join(missing)} as well")
        number = {kind: Annotated[kind, Field(ge=0, lt=2**53)] for kind in (int, float)}
        row = TypedDict("row", {column: number.get(kind, kind) for column, kind in columns.items()})  # type: ignore[misc]
        table = TypeAdapter[Any](dict[str, row])
        rows = {f"line {line:,}": row for line, row in enumerate(reader, 2)}
        if longer := next((line for line, row in rows.items() if None in row), None):  # DictReader's key for the rest
            raise ValueError(f"{longer}: found more than {len(header)} values")
        return [*table.validate_python(rows).values()]
    except (csv.Error, ValueError) as error:
        fault = explain(error) if isinstance(error, ValidationError) else shown(error)
        raise UserError(f"{name}: not the table that was written: {fault}; {advice}") from None
