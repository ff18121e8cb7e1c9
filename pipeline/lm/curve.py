"""Learning curves as CSV, for `dvc plots` and the report."""

from pathlib import Path

import pandas as pd

from pipeline.lm.train import Point
from pipeline.outputs import fresh_file


def write_curve(path: Path, points: list[Point]) -> None:
    """A row a validation, columns as in `Point`."""
    with fresh_file(path) as partial:
        pd.DataFrame(points, columns=Point._fields).to_csv(partial, index=False, float_format="%.6g")
