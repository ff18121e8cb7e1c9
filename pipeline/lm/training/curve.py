"""Learning curves as CSV, for `dvc plots` and the report."""

from pathlib import Path

from pipeline.files.csv import write_csv
from pipeline.lm.training.history import Point


def write_curve(path: Path, points: list[Point]) -> None:
    """A row a validation, columns as in `Point`; six digits, whatever the size of a number."""
    write_csv(
        path,
        Point._fields,
        [[f"{value:.6g}" if isinstance(value, float) else value for value in point] for point in points],
    )
