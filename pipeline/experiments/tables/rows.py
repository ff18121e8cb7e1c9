"""A row of the tables: the results of one revision, and their cost."""

from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from pipeline.errors import UserError
from pipeline.experiments.lock import Json
from pipeline.experiments.revision import Revision, read_choice
from pipeline.files.csv import Columns, parse_csv
from pipeline.files.json import parse_json
from pipeline.ner.scoring.scores import FURTHER, deviation
from pipeline.paths import HERE
from pipeline.report.data import CURVE, EPOCHS, MEAN, SCORES, TYPOS, Cost, Data, Pretrained, need_means
from pipeline.report.paper import order_sets

METRICS = ["token_f1", "entity_f1"]
DATA = HERE.metrics / "data.json"

Line = dict[float, float]
"""A learning curve or the like: y by x."""


class Score(NamedTuple):
    """A score on a test split."""

    mean: float
    """The mean over the taggers of all seeds."""
    deviation: float | None
    """The standard deviation between seeds; None if there is only one."""
    low: float
    """The lower end of the 95 % interval of the mean over resampled sentences; `high` is the upper one."""
    high: float

    @property
    def bars(self) -> tuple[float, float]:
        """How far the interval reaches below the mean and above it."""
        return max(self.mean - self.low, 0), max(self.high - self.mean, 0)


class Row(NamedTuple):
    """One experiment."""

    arch: str
    layers: int
    hidden: int | None
    """Units of a layer in each direction; None without layers."""
    revision: str
    source: str
    """The revision with its commit."""
    lm: Json
    """The language model: parameters, perplexity, speed, memory."""
    scores: dict[str, dict[str, Score]]
    """Scores by data set and metric, the sets in the paper's order; a revision of earlier code lacks `FURTHER`."""
    splits: Json
    """Counts by data set and split."""
    charcnn_parameters_m: float | None
    """Millions of parameters; None if the revision is of earlier code."""
    perplexity: Line
    """Of the language model on validation, by tokens read; empty if nothing was pretrained."""
    epochs: dict[str, Line]
    """Validation F1 of the taggers by epoch, the mean over seeds, by data set."""
    typos: dict[str, Line]
    """Test F1 by the share of misspelt words, by data set; the line is empty if the revision is of earlier code."""


def read_row(revision: Revision) -> Row:
    """The results of a revision; a `UserError` says what it lacks."""
    pretrained: Pretrained = _read_json(revision, HERE.pretrain, Pretrained)
    cost: Cost = _read_json(revision, HERE.cost, Cost)
    lm, choice = {**pretrained["lm"], **cost["lm"]}, read_choice(revision.params)
    data: Data = _read_json(revision, DATA, Data)
    # An experiment that made no report has the report of the revision from which it began.
    chosen = [(HERE.pretrain, "arch", lm["arch"], choice.arch), (DATA, "scale", data["scale"], choice.scale)]
    for path, key, value, expected in chosen:
        if value != expected:
            raise UserError(
                f"{revision.name}: {path}: found {key} {value}, expected {expected} as in its params.yaml; "
                f"{revision.advice}"
            )
    if "layers" not in lm:
        raise UserError(f"{revision.name}: {HERE.pretrain}: found no layers, of an earlier code; {revision.advice}")
    sets = order_sets(data["ner"])
    # Earlier code wrote the means over seeds alone, without a column for the seed; the mean over all rows is the same.
    typo_columns = {column: kind for column, kind in TYPOS.items() if column != "seed"}
    epochs, typos = (EPOCHS, "epoch", "validation_entity_f1"), (typo_columns, "rate", "entity_f1")
    return Row(
        arch=choice.arch,
        layers=lm["layers"],
        hidden=lm.get("hidden"),
        revision=revision.name,
        source=revision.title,
        lm=lm,
        scores={name: _read_scores(revision, name) for name in sets},
        splits=data["ner"],
        charcnn_parameters_m=data.get("charcnn_parameters_m"),
        perplexity=_read_line(revision, HERE.pretrain_curve, CURVE, "tokens", "validation_perplexity"),
        epochs={name: _read_line(revision, HERE.scores / f"{name}.epochs.csv", *epochs) for name in sets},
        typos={name: _read_line(revision, HERE.scores / f"{name}.typos.csv", *typos) for name in sets},
    )


def _read_line(revision: Revision, path: Path, columns: Columns, x: str, y: str) -> Line:
    """The mean of column `y` by column `x`; empty if a revision of earlier code lacks the file or the columns."""
    data = revision.read_bytes(path.as_posix()) if revision.has(path.as_posix()) else b""
    header = data.partition(b"\n")[0].decode("utf-8", "replace").split(",")
    if not {*columns} <= {*header}:
        return {}
    rows = parse_csv(data, f"{revision.name}: {path}", revision.advice, columns)
    means: Any = pd.DataFrame(rows, columns=[*columns]).groupby(x)[y].mean().to_dict()
    return means


def _read_scores(revision: Revision, name: str) -> dict[str, Score]:
    path = HERE.scores / f"{name}.scores.csv"
    origin = f"{revision.name}: {path}", revision.advice
    rows = parse_csv(revision.read_bytes(path.as_posix()), *origin, SCORES)
    need_means(rows, METRICS, *origin)
    means = {row["metric"]: row for row in rows if row["seed"] == MEAN}
    metrics = [*METRICS, *(metric for metric in FURTHER if metric in means)]
    seeds = {m: [row["value"] for row in rows if row["metric"] == m and row["seed"] != MEAN] for m in metrics}
    return {m: Score(means[m]["value"], deviation(seeds[m]), means[m]["low"], means[m]["high"]) for m in metrics}


def _read_json(revision: Revision, path: Path, shape: Any) -> Any:
    return parse_json(revision.read_bytes(path.as_posix()), f"{revision.name}: {path}", revision.advice, shape)
