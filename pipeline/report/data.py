"""The inputs of the report, read from the folders of the other stages and checked."""

from collections.abc import Mapping, Sequence
from itertools import product
from math import prod
from pathlib import Path
from typing import Any, Literal, NamedTuple, NotRequired

import pandas as pd
from typing_extensions import TypedDict

from pipeline.errors import UserError, remake
from pipeline.files.csv import read_csv
from pipeline.files.json import Number, numbers, read_json, read_key
from pipeline.files.shards import COUNTS
from pipeline.files.weights import read_shapes
from pipeline.ner.data.bio import OUTSIDE
from pipeline.ner.data.corpus import SPLITS
from pipeline.ner.scoring.scores import FURTHER, METRICS
from pipeline.protocol import Protocol
from pipeline.report.paper import order_sets
from pipeline.work.outputs import need

MEAN = "mean"
"""Stands in the column `seed` of a table of scores where a row is the mean over seeds."""
ENCODERS = {
    "cnn": "char-CNN",
    "ngrams": "n-gram encoder",
    "vectors": "table of words",
    "known": "table of words and encoder",
}
"""Names, for people, of what turns the letters of a token into its vector, by their kind in charcnn.json."""

CURVE = {"tokens": int, "train_perplexity": float, "validation_perplexity": float}
EPOCHS = {"seed": int, "epoch": int, "validation_entity_f1": float, "validation_token_f1": float, "kept": int}
SCORES = {"metric": str, "seed": str, "value": float, "low": float, "high": float}
TYPES = {"type": str, "precision": float, "recall": float, "f1": float, "support": int}
CONFUSION = {"gold": str, "predicted": str, "count": int}
TYPOS = {"rate": float, "words": int, "misspelt": int, "seed": str}
TYPOS |= {f"{metric}{end}": float for metric in ("entity_f1", "token_f1") for end in ("", "_low", "_high")}
"""The columns of the tables, and what their cells hold."""
TABLES = {
    "epochs": (EPOCHS, "ner"),
    "scores": (SCORES, "evaluate"),
    "types": (TYPES, "evaluate"),
    "confusion": (CONFUSION, "evaluate"),
    "typos": (TYPOS, "typos"),
}
"""The columns of metrics/ner/<set>.<kind>.csv, by kind, and the stage that makes it."""

Json = dict[str, Any]
TEXT_STAGES: dict[str, Any] = {
    "documents": numbers("words", "words_of_mixed_script"),
    **dict.fromkeys(("sentences", "fragments", "lowercase", "lemmas"), numbers()),
    "vocabulary": numbers(
        *(f"{unit}_{side}" for unit in ("documents", "fragments", "tokens") for side in ("train", "validation")),
        *("types", "types_predicted", "coverage", "coverage_validation"),
    ),
}
"""The shape of the counts.json of each text stage."""
REPAIRS = ("repaired_orphans", "repaired_type_changes")
SPLIT: Any = numbers(
    *("sentences", "tokens", "entities", *REPAIRS, "duplicates", "also_in_train"),
    nested=("types", "parts", "left_out"),
    words=("scheme",),
)
SET_COUNTS: Any = TypedDict("SET_COUNTS", dict.fromkeys(SPLITS, SPLIT))  # type: ignore
"""The shapes of the counts of a split, and of the counts.json of a set."""


class Pretrained(TypedDict):
    """metrics/pretrain.json."""

    lm: numbers("arch", "parameters_m", words=("arch", "device"))  # type: ignore[valid-type]


class Cost(TypedDict):
    """metrics/cost.json: what the training of the language model took, and on what machine."""

    lm: numbers(words=("device",))  # type: ignore[valid-type]
    machine: NotRequired[dict[str, str]]


class Data(TypedDict):
    """The part of metrics/data.json that is read."""

    scale: str
    charcnn_parameters_m: NotRequired[Number]
    ner: dict[str, dict[str, SPLIT]]


class SetResults(NamedTuple):
    """Everything about one NER set; counts by split."""

    counts: Json
    metrics: dict[str, float]
    epochs: pd.DataFrame
    scores: pd.DataFrame
    types: pd.DataFrame
    confusion: pd.DataFrame
    typos: pd.DataFrame
    """The rows of the mean over seeds."""


class Results(NamedTuple):
    """Everything about one experiment."""

    arch: str
    scale: str
    protocol: Json
    counts: Json
    """Counts by text stage."""
    lm: Json
    encoder: str
    """The name, for people, of what turns letters into vectors."""
    charcnn_parameters_m: float
    curve: pd.DataFrame
    """No rows where nothing was pretrained."""
    sets: dict[str, SetResults]


def read_results(
    data: Path, metrics: Path, lm: Path, arch: str, scale: str, protocol: Protocol, sets: Sequence[str]
) -> Results:
    """Read all inputs of the report, of these data sets.

    A `UserError` names a file that is missing or not as it should be, and the stage that makes it.
    """
    weights = need(lm / "charcnn.safetensors", "pretrain")
    shapes = read_shapes(weights, "pretrain")  # words that are spelled out are no parameters
    language_model = read_lm(metrics)
    if language_model["arch"] != arch:
        fault = f"found arch {language_model['arch']}, expected {arch} as in params.yaml"
        raise UserError(f"{metrics / 'pretrain.json'}: {fault}; run: dvc repro pretrain")
    return Results(
        arch=arch,
        scale=scale,
        protocol=protocol.model_dump(),
        counts=read_counts(data),
        lm=language_model,
        encoder=ENCODERS[
            read_key(lm / "charcnn.json", "encoder", Literal["cnn", "ngrams", "vectors", "known"], "pretrain")
        ],
        charcnn_parameters_m=sum(prod(shape) for name, shape in shapes.items() if not name.endswith("spelled")) / 1e6,
        curve=pd.DataFrame(read_csv(metrics / "pretrain.csv", CURVE, "pretrain"), columns=[*CURVE]),
        sets={name: _read_set(data, metrics, name) for name in order_sets(sets)},
    )


def read_counts(data: Path) -> dict[str, Json]:
    """Read the counts of the text stages, by stage."""
    return {stage: read_json(data / stage / COUNTS, shape) for stage, shape in TEXT_STAGES.items()}


def read_lm(metrics: Path) -> Json:
    """Read what metrics/pretrain.json says of the language model."""
    lm: Json = read_json(metrics / "pretrain.json", Pretrained, "pretrain")["lm"]
    return lm


def read_metrics(metrics: Path, name: str) -> dict[str, float]:
    """Read the scores of a set from metrics/ner/<set>.json."""
    path, shape = metrics / "ner" / f"{name}.json", numbers(*METRICS, *FURTHER)
    scores: dict[str, float] = read_key(path, name, shape, f"evaluate@{name}")
    return scores


def need_means(scores: Sequence[Mapping[Any, Any]], metrics: Sequence[str], origin: str, advice: str) -> None:
    """Raise a `UserError` where one of the metrics has no mean among the rows of a table of scores."""
    means = {row["metric"] for row in scores if row["seed"] == MEAN}
    if missing := [metric for metric in metrics if metric not in means]:
        raise UserError(f"{origin}: found no mean of {', '.join(missing)}; {advice}")


def _read_set(data: Path, metrics: Path, name: str) -> SetResults:
    tables = {}
    for kind, (columns, stage) in TABLES.items():
        path, advice = metrics / "ner" / f"{name}.{kind}.csv", remake(f"{stage}@{name}")
        rows = read_csv(path, columns, f"{stage}@{name}")
        if kind == "typos":
            rows = [row for row in rows if row["seed"] == MEAN]
        if not rows:
            raise UserError(f"{path}: found no row; {advice}")
        if kind == "scores":
            need_means(rows, [*METRICS, *FURTHER], str(path), advice)
        tables[kind] = pd.DataFrame(rows, columns=[*columns])
    gold, predicted = (tables["confusion"][column] for column in ("gold", "predicted"))
    labels, pairs = {*gold}, zip(gold, predicted, strict=True)
    if OUTSIDE not in labels or sorted(pairs) != sorted(product(labels, repeat=2)):
        fault = f"expected every pair of two labels once, O among them; {remake(f'evaluate@{name}')}"
        raise UserError(f"{metrics / 'ner' / name}.confusion.csv: {fault}")
    counts = read_json(data / "ner" / name / COUNTS, SET_COUNTS, f"corpora@{name}")
    return SetResults(counts, read_metrics(metrics, name), **tables)
