"""The progress of a training run: numbers only, so that they can be saved with it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.files.csv import write_csv


class Point(NamedTuple):
    """A point of the learning curve."""

    step: int
    tokens: int
    """Tokens read so far."""
    learning_rate: float
    train_perplexity: float
    """Over the steps since the last point, with dropout."""
    validation_perplexity: float


@dataclass
class History:
    """Sums since the first step, over all starts of the run."""

    step: int = 0
    """Steps done."""
    points: list[Point] = field(default_factory=list)
    tokens: int = 0
    positions: int = 0
    """Tokens and padding."""
    seconds: float = 0.0
    """Spent in training steps; validation and checkpoints not counted."""
    cpu_seconds: float = 0.0
    """What these steps have taken of a processor, in the process that leads."""
    nats: float = 0.0
    """Negative log-likelihood since the last point."""
    predictions: int = 0
    """Predictions since the last point."""
    starts: int = 0
    """1, and 1 more for every time the run was resumed."""

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "History":
        """Rebuild a history from the JSON of its `asdict`."""
        return cls(**value | {"points": [Point(*point) for point in value["points"]]})

    def write_curve(self, path: Path) -> None:
        """Write the points as CSV for `dvc plots` and the report: six digits, whatever the size of a number."""
        rows = [[f"{value:.6g}" if isinstance(value, float) else value for value in point] for point in self.points]
        write_csv(path, Point._fields, rows)
