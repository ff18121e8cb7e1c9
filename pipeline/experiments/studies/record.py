"""results/<study>/rows.csv and curves.csv: what the experiments of a study gave, as git keeps it.

From these files another machine draws the page again and computes nothing. A row of rows.csv is a tagger, or with seed
`mean` the mean of all taggers of a row; its sums say which settings and code have given it.
"""

import csv
import io
import subprocess
from collections.abc import Mapping
from math import nan
from pathlib import Path
from typing import Any

import pandas as pd
from typing_extensions import TypedDict

from pipeline.errors import UserError
from pipeline.experiments.lock import Json
from pipeline.experiments.revision import Revision
from pipeline.experiments.studies.queue import list_inputs
from pipeline.experiments.studies.recipe import DIGITS, SCORED, Sums
from pipeline.experiments.studies.study import Cell
from pipeline.files.csv import Columns, parse_csv, write_csv
from pipeline.files.json import MACHINE, numbers, parse_json
from pipeline.files.utf8 import not_utf8
from pipeline.ner.scoring.scores import FURTHER, METRICS
from pipeline.paths import HERE
from pipeline.provenance.fingerprint import fingerprint
from pipeline.report.data import CURVE, EPOCHS, MEAN, SCORES, TYPES, TYPOS, Cost, Pretrained, need_means

ROWS, CURVES = "rows.csv", "curves.csv"
KEY = ["row", "column", "set"]
INTERVALS = [f"{metric}_{end}" for metric in ("entity_f1", "token_f1") for end in ("low", "high")]
LM = ["perplexity", "tokens", "parameters_m", "layers"]
COSTS = ["cpu_minutes", "tagger_cpu_minutes", "tokens_per_second"]
ORIGIN = ["commit", "machine", "settings", "code", "inputs"]
NAMES = ("PER", "LOC", "ORG")
"""The types that other taggers of Russian know."""
ROUNDING = 2e-6
"""The most that a mean differs from that of its seeds, all of which have six digits."""
HEADER = [
    *KEY,
    "seed",
    *METRICS,
    *FURTHER,
    "entity_f1_names",
    *INTERVALS,
    "typo_rate",
    "entity_f1_typos",
    *LM,
    *COSTS,
    *ORIGIN,
]
TEXTS = [*KEY, "seed", *ORIGIN]
CURVE_HEADER = [*KEY, "curve", "x", "y"]
CURVE_TEXTS = [*KEY, "curve"]


def read_table(path: Path, header: list[str], texts: list[str]) -> pd.DataFrame:
    """Read a table that a study has written: columns `texts` of str, the others of float64, NaN where a cell is empty.

    Without a file it is empty. A `UserError` names the file and what is wrong with it.
    """
    try:
        text = path.read_text(encoding="utf-8") if path.is_file() else ",".join(header)
        titles, *rows = [*csv.reader(io.StringIO(text, newline=""), strict=True)] or [[]]
        if titles != header:
            raise ValueError(_compare_titles(titles, header))
        for number, row in enumerate(rows, 1):
            if len(row) != len(header):
                raise ValueError(f"row {number:,}: found {len(row)} values, expected {len(header)}")
        kinds = [str if column in texts else _number for column in header]
        return pd.DataFrame(
            [[kind(cell) for kind, cell in zip(kinds, row, strict=True)] for row in rows], columns=header
        )
    except UnicodeDecodeError as error:
        fault = not_utf8(error)
    except (csv.Error, ValueError) as error:
        fault = " ".join(str(error).split())
    raise _damaged(path, fault)


def check_seeds(rows: pd.DataFrame, path: Path) -> None:
    """Raise a `UserError` if a row of rows.csv has a seed twice, no mean, or one that is not that of its seeds."""
    for names, of_row in rows.groupby(KEY, sort=False):
        seeds, is_mean = of_row.seed, of_row.seed == MEAN
        row = ", ".join(map(str, names))
        if MEAN not in {*seeds} or not seeds.is_unique:
            raise _damaged(path, f"{row}: found seeds {', '.join(seeds)}, expected each once and {MEAN}")
        for metric in METRICS:
            found, expected = of_row[is_mean][metric].item(), of_row[~is_mean][metric].mean(skipna=False)
            if not abs(found - expected) < ROUNDING:  # nor is NaN
                raise _damaged(
                    path, f"{row}: found a mean {metric} of {found:g}, expected {expected:g}, that of the seeds"
                )


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table, whole or not at all: numbers to 6 digits, an empty cell for one that does not exist."""
    write_csv(path, [*table.columns], [[*map(_cell, row)] for row in table.itertuples(index=False, name=None)])


def read_rows(cell: Cell, name: str, revision: Revision, sums: Sums, commit: str) -> pd.DataFrame:
    """Read what a revision gave for a data set: a row for each seed and one for their mean."""
    pretrained: Pretrained = _read_json(revision, HERE.pretrain, Pretrained)
    cost: Cost = _read_json(revision, HERE.cost, Cost)
    lm: Json = {**cost["lm"], **pretrained["lm"]}
    lm["cpu_minutes"] = lm.get("cpu_minutes", 0) + _read_minutes(revision, HERE.encoder_cost, "encoder")
    lm["tagger_cpu_minutes"] = _read_minutes(revision, HERE.scores / f"{name}.cost.json", "tagger")
    path = HERE.scores / f"{name}.scores.csv"
    origin = f"{revision.name}: {path}", revision.advice
    scores = parse_csv(revision.read_bytes(path.as_posix()), *origin, SCORES)
    need_means(scores, [*METRICS, *FURTHER], *origin)
    by_seed: dict[str, Json] = {}
    for score in scores:
        by_seed.setdefault(score["seed"], {})[score["metric"]] = score["value"]
        if score["seed"] == MEAN and f"{score['metric']}_low" in INTERVALS:
            by_seed[MEAN] |= {f"{score['metric']}_{end}": score[end] for end in ("low", "high")}
    typos = _read_table(revision, HERE.scores / f"{name}.typos.csv", TYPOS)
    most = max((row["rate"] for row in typos), default=0)
    for row in typos:
        if row["rate"] == most > 0 and row["seed"] in by_seed:
            by_seed[row["seed"]] |= {"typo_rate": most, "entity_f1_typos": row["entity_f1"]}
    types = _read_table(revision, HERE.scores / f"{name}.types.csv", TYPES)
    by_seed[MEAN]["entity_f1_names"] = _score_names({row["type"]: row for row in types})
    inputs = fingerprint(list_inputs(revision, [f"{stage}@{name}" for stage in SCORED]))
    shared = {key: lm[key] for key in (*LM, *COSTS) if key in lm}
    shared |= {"row": cell.row, "column": cell.column, "set": name, **sums._asdict(), "inputs": inputs[:DIGITS]}
    shared |= {"commit": commit, "machine": _read_machine(revision, name)}
    return pd.DataFrame([shared | {"seed": seed} | values for seed, values in by_seed.items()]).reindex(columns=HEADER)


def read_curves(cell: Cell, name: str, revision: Revision) -> pd.DataFrame:
    """Read the learning curves of a revision, means over the seeds, and its F1 under typos.

    The curve of the language model stands with each data set.
    """
    tables = {
        "perplexity": (HERE.pretrain_curve, CURVE, "tokens", "validation_perplexity"),
        "epochs": (HERE.scores / f"{name}.epochs.csv", EPOCHS, "epoch", "validation_entity_f1"),
        "typos": (HERE.scores / f"{name}.typos.csv", TYPOS, "rate", "entity_f1"),
    }
    points: list[list[object]] = []
    for curve, (path, columns, x, y) in tables.items():
        rows = pd.DataFrame(_read_table(revision, path, columns), columns=[*columns])
        if curve == "typos":
            rows = rows[rows.seed == MEAN]
        means: Mapping[Any, Any] = rows.groupby(x)[y].mean().to_dict()
        points += [[cell.row, cell.column, name, curve, *point] for point in means.items()]
    return pd.DataFrame(points, columns=CURVE_HEADER)


def describe_commit() -> str:
    """Return the commit that is checked out, with a plus if code or settings have been edited since."""
    edited = _git("status", "--porcelain", "--", "pipeline", "params.yaml", "dvc.yaml")
    return _git("rev-parse", "--short=10", "HEAD").strip() + ("+" if edited else "")


def _compare_titles(titles: list[str], header: list[str]) -> str:
    missing = ", ".join(title for title in header if title not in titles) or "none"
    unknown = ", ".join(title for title in titles if title not in header) or "none"
    return f"columns missing: {missing}; unknown columns: {unknown}"


def _damaged(path: Path, fault: str) -> UserError:
    return UserError(f"{path}: not the table that was written: {fault}; git checkout {path}, or delete it")


def _number(cell: str) -> float:
    return float(cell or "nan")


def _cell(value: object) -> str:
    """Write a number in one way, whether it is an int or a float."""
    if isinstance(value, str):
        return value
    return "" if pd.isna(value) else f"{value:.6f}".rstrip("0").rstrip(".")  # type: ignore[call-overload]


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout


def _score_names(types: dict[str, Json]) -> float:
    """Return the F1 of the types in NAMES taken together, by their mean precision and recall; NaN if all types are."""
    if not {*NAMES} < {*types} or not all(types[name]["precision"] for name in NAMES):
        return nan
    gold = [types[name]["support"] for name in NAMES]
    hits = [types[name]["support"] * types[name]["recall"] for name in NAMES]
    predicted = [number / types[name]["precision"] for number, name in zip(hits, NAMES, strict=True)]
    return float(2 * sum(hits) / (sum(gold) + sum(predicted)))


def _read_minutes(revision: Revision, path: Path, key: str) -> float:
    shape = TypedDict("shape", {key: numbers("cpu_minutes")})  # type: ignore[misc]  # a key of this name
    minutes: float = _read_json(revision, path, shape)[key]["cpu_minutes"]
    return minutes


def _read_machine(revision: Revision, name: str) -> str:
    metrics = _read_json(revision, HERE.scores / f"{name}.json", dict[str, Any])
    machine = metrics.get(MACHINE)
    return str(machine.get("hardware", "")) if isinstance(machine, dict) else ""


def _read_table(revision: Revision, path: Path, columns: Columns) -> list[dict[str, Any]]:
    return parse_csv(revision.read_bytes(path.as_posix()), f"{revision.name}: {path}", revision.advice, columns)


def _read_json(revision: Revision, path: Path, shape: Any) -> Any:
    return parse_json(revision.read_bytes(path.as_posix()), f"{revision.name}: {path}", revision.advice, shape)
