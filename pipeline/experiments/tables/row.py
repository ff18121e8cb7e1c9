"""A row of the tables: what one revision found, and what it cost."""

from collections.abc import Sequence
from pathlib import Path
from statistics import stdev
from typing import Any, NamedTuple, NotRequired

import pandas as pd
from typing_extensions import TypedDict

from pipeline.errors import UserError
from pipeline.experiments.revision import Revision
from pipeline.files.csv import Columns, Rows, parse_csv
from pipeline.paths import HERE
from pipeline.report.data import CURVE, EPOCHS, MEAN, SCORES, TYPOS, Data, Pretrained, need_means
from pipeline.report.paper import order_sets
from pipeline.work.outputs import Number, parse_json

METRICS = ["token_f1", "entity_f1"]

Json = dict[str, Any]


class LmCost(TypedDict):
    """What the training of a language model took; only the device where nothing was trained."""

    device: str
    tokens_per_second: NotRequired[Number]
    minutes: NotRequired[Number]
    peak_memory_mb: NotRequired[Number]


class Cost(TypedDict):
    """What is read of metrics/cost.json."""

    lm: LmCost


class Score(NamedTuple):
    """A score on a test split."""

    mean: float
    """Over the taggers of all seeds."""
    deviation: float | None
    """Between them; None where there is one."""
    low: float
    high: float
    """Of the mean, 95 %, over resampled sentences."""


class Row(NamedTuple):
    """One experiment."""

    arch: str
    layers: int
    hidden: int | None
    """Units of a layer in each direction; None without layers."""
    revision: str
    """Its name."""
    source: str
    """The same with the commit."""
    lm: Json
    """metrics/pretrain.json and cost.json: parameters, perplexity, speed, memory."""
    scores: dict[str, dict[str, Score]]
    """By data set and metric, sets in the paper's order."""
    splits: Json
    """Counts by data set and split."""
    charcnn_parameters_m: float | None
    """Millions; None of an earlier code."""
    curve: pd.DataFrame
    """Of the language model; no rows where nothing was pretrained."""
    epochs: dict[str, pd.DataFrame]
    """Learning curves of the taggers, by data set."""
    typos: dict[str, pd.DataFrame]
    """Scores with typos, by data set; none of an earlier code."""


def read_row(revision: Revision) -> Row:
    """The results of a revision; a `UserError` says what it lacks."""
    arch = revision.params["arch"]
    lm = _json(revision, HERE.pretrain, Pretrained)["lm"]
    if revision.has(HERE.cost.as_posix()):  # or else of an earlier code, which kept the cost beside the results
        lm = {**lm, **_json(revision, HERE.cost, Cost)["lm"]}
    if lm["arch"] != arch:
        raise UserError(
            f"{revision.name}: {HERE.pretrain}: found arch {lm['arch']}, expected {arch} as in its params.yaml; "
            f"{revision.advice}"
        )
    if "layers" not in lm:
        raise UserError(f"{revision.name}: {HERE.pretrain}: found no layers, of an earlier code; {revision.advice}")
    data = _data(revision)
    sets = order_sets(list(data["ner"]))
    return Row(
        arch=arch,
        layers=lm["layers"],
        hidden=lm.get("hidden"),
        revision=revision.name,
        source=revision.title,
        lm=lm,
        scores={name: _scores(revision, name) for name in sets},
        splits=data["ner"],
        charcnn_parameters_m=data.get("charcnn_parameters_m"),
        curve=_table(revision, HERE.pretrain_curve, CURVE),
        epochs=_tables(revision, sets, "epochs", EPOCHS),
        typos=_tables(revision, sets, "typos", TYPOS),
    )


def _data(revision: Revision) -> Data:
    """What was read: of this very experiment, and not of the one it began from, whose report it has without its own."""
    path, scale = HERE.metrics / "data.json", revision.params["scale"]
    data: Data = _json(revision, path, Data)
    if data["scale"] != scale:
        raise UserError(
            f"{revision.name}: {path}: found scale {data['scale']}, expected {scale} as in its params.yaml; "
            f"{revision.advice}"
        )
    return data


def _tables(revision: Revision, sets: Sequence[str], kind: str, columns: Columns) -> dict[str, pd.DataFrame]:
    """metrics/ner/<set>.<kind>.csv of the sets that have one."""
    found = {name: _table(revision, HERE.scores / f"{name}.{kind}.csv", columns) for name in sets}
    return {name: table for name, table in found.items() if not table.empty}


def _table(revision: Revision, path: Path, columns: Columns) -> pd.DataFrame:
    """Without rows where the revision has no such file, or one of an earlier code."""
    if not revision.has(path.as_posix()):
        return pd.DataFrame()
    data = revision.read_bytes(path.as_posix())
    if not {*columns} <= {*data.partition(b"\n")[0].decode("utf-8", "replace").split(",")}:
        return pd.DataFrame()
    return pd.DataFrame(parse_csv(data, f"{revision.name}: {path}", revision.advice, columns), columns=[*columns])


def _scores(revision: Revision, name: str) -> dict[str, Score]:
    path = HERE.scores / f"{name}.scores.csv"
    place = f"{revision.name}: {path}", revision.advice
    rows = parse_csv(revision.read_bytes(path.as_posix()), *place, SCORES)
    need_means(rows, METRICS, *place)
    return {metric: _score([row for row in rows if row["metric"] == metric]) for metric in METRICS}


def _score(rows: Rows) -> Score:
    mean = next(row for row in rows if row["seed"] == MEAN)
    seeds = [row["value"] for row in rows if row["seed"] != MEAN]
    return Score(mean["value"], stdev(seeds) if len(seeds) > 1 else None, mean["low"], mean["high"])


def _json(revision: Revision, path: Path, shape: Any) -> Any:
    return parse_json(revision.read_bytes(path.as_posix()), f"{revision.name}: {path}", revision.advice, shape)
