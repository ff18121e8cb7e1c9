"""What the report is made of, read from the folders of the other stages and checked."""

from collections.abc import Mapping, Sequence
from itertools import product
from math import prod
from pathlib import Path
from typing import Any, Literal, NamedTuple, NotRequired

import pandas as pd
from typing_extensions import TypedDict

from pipeline.errors import UserError, remake
from pipeline.files.csv import Columns, read_csv
from pipeline.files.json import Count, Number, numbers, read_json
from pipeline.files.metrics import MACHINE
from pipeline.files.weights import read_shapes
from pipeline.protocol import Protocol
from pipeline.report.encoders import ENCODERS
from pipeline.report.paper import order_sets
from pipeline.report.plots.confusion import OUTSIDE
from pipeline.report.splits import SET_COUNTS, SPLIT
from pipeline.work.outputs import need

TEXT_STAGES = ["documents", "sentences", "fragments", "lowercase", "lemmas", "vocabulary"]
COUNTS = "counts.json"
CHARCNN, ENCODER = "charcnn.safetensors", "charcnn.json"
"""Within a language model's folder."""

METRICS = ["token_f1", "entity_f1", "entity_f1_macro"]
MEAN = "mean"
"""In place of a seed in a table of scores."""

CURVE = {"tokens": int, "train_perplexity": float, "validation_perplexity": float}
EPOCHS = {"seed": int, "epoch": int, "validation_entity_f1": float, "validation_token_f1": float, "kept": int}
SCORES = {"metric": str, "seed": str, "value": float, "low": float, "high": float}
TYPES = {"type": str, "precision": float, "recall": float, "f1": float, "support": int}
CONFUSION = {"gold": str, "predicted": str, "count": int}
TYPOS = {"rate": float, "words": int, "misspelt": int}
TYPOS |= {f"{metric}{end}": float for metric in ("entity_f1", "token_f1") for end in ("", "_low", "_high")}
"""Columns of tables."""

Json = dict[str, Any]
DOCUMENTS = numbers("words", "words_of_mixed_script")
VOCABULARY = numbers(
    *(f"{unit}_{side}" for unit in ("documents", "fragments", "tokens") for side in ("train", "validation")),
    *("types", "types_predicted", "coverage", "coverage_validation"),
)
"""Shapes of counts.json."""


class Lm(TypedDict):
    """Of metrics/pretrain.json; what may be missing is so where nothing is trained."""

    arch: str
    seed: NotRequired[Count]
    parameters_m: Number
    layers: NotRequired[Count]
    hidden: NotRequired[Count]
    device: NotRequired[str]
    perplexity: NotRequired[Number]
    tokens: NotRequired[Number]
    tokens_per_second: NotRequired[Number]
    minutes: NotRequired[Number]
    padding_share: NotRequired[Number]
    peak_memory_mb: NotRequired[Number]


class Pretrained(TypedDict):
    """metrics/pretrain.json; one of an earlier code names no machine."""

    lm: Lm
    machine: NotRequired[dict[str, str]]


class Encoder(TypedDict):
    """What is read of charcnn.json."""

    encoder: Literal["cnn", "ngrams"]


class Data(TypedDict):
    """What is read of metrics/data.json."""

    scale: str
    charcnn_parameters_m: NotRequired[Number]
    ner: dict[str, dict[str, SPLIT]]


class SetResults(NamedTuple):
    """Everything about one NER set."""

    counts: Json
    """By split."""
    metrics: dict[str, float]
    epochs: pd.DataFrame
    scores: pd.DataFrame
    types: pd.DataFrame
    confusion: pd.DataFrame
    typos: pd.DataFrame


class Results(NamedTuple):
    """Everything about one experiment."""

    arch: str
    scale: str
    protocol: Json
    """The values of its keys."""
    counts: Json
    """By text stage."""
    lm: Json
    """metrics/pretrain.json, with the machine it was trained on."""
    encoder: str
    """What turns letters into vectors, as people call it."""
    charcnn_parameters_m: float
    """Its parameters, in millions."""
    curve: pd.DataFrame
    """No rows where nothing was pretrained."""
    sets: dict[str, SetResults]

    def data_metrics(self) -> Json:
        """Everything read, kept and dropped, and the size of the char-CNN: metrics/data.json."""
        sets = {name: of_set.counts for name, of_set in self.sets.items()}
        return {"scale": self.scale, "charcnn_parameters_m": self.charcnn_parameters_m, **self.counts, "ner": sets}


def read_results(
    data: Path, metrics: Path, lm: Path, arch: str, scale: str, protocol: Protocol, sets: Sequence[str]
) -> Results:
    """Read all inputs of the report, of these data sets; a `UserError` names a file that is missing or not as it should
    be.
    """
    return Results(
        arch=arch,
        scale=scale,
        protocol=protocol.model_dump(),
        counts=read_counts(data),
        lm=_read_lm(metrics, arch),
        encoder=ENCODERS[read_json(lm / ENCODER, Encoder, "pretrain")["encoder"]],
        charcnn_parameters_m=_count_parameters(lm / CHARCNN) / 1e6,
        curve=read_table(metrics / "pretrain.csv", CURVE, "pretrain"),
        sets={name: _read_set(data, metrics, name) for name in order_sets(sets)},
    )


def read_counts(data: Path) -> dict[str, Json]:
    """What the text stages have counted, by stage."""
    shapes = {"documents": DOCUMENTS, "vocabulary": VOCABULARY}
    return {stage: read_json(data / stage / COUNTS, shapes.get(stage, numbers())) for stage in TEXT_STAGES}


def read_lm(metrics: Path) -> Json:
    """metrics/pretrain.json: the language model, with the machine it was trained on."""
    pretrained: Pretrained = read_json(metrics / "pretrain.json", Pretrained, "pretrain")
    return {**pretrained["lm"], MACHINE: pretrained.get("machine", {})}


def read_metrics(metrics: Path, name: str) -> dict[str, float]:
    """metrics/ner/<set>.json: scores of a set."""
    scores = numbers(*METRICS)
    shape = TypedDict("shape", {name: scores})  # type: ignore[misc]  # a key of this name
    of_set: dict[str, float] = read_json(metrics / "ner" / f"{name}.json", shape, f"evaluate@{name}")[name]
    return of_set


def read_table(path: Path, columns: Columns, stage: str) -> pd.DataFrame:
    """A CSV file that a stage makes."""
    return pd.DataFrame(read_csv(path, columns, stage), columns=[*columns])


def need_means(scores: Sequence[Mapping[Any, Any]], metrics: Sequence[str], place: str, advice: str) -> None:
    """A `UserError` where one of the metrics has no mean among the rows of a table of scores."""
    means = {row["metric"] for row in scores if row["seed"] == MEAN}
    if missing := [metric for metric in metrics if metric not in means]:
        raise UserError(f"{place}: found no mean of {', '.join(missing)}; {advice}")


def _read_lm(metrics: Path, arch: str) -> Json:
    path, lm = metrics / "pretrain.json", read_lm(metrics)
    if lm["arch"] != arch:
        raise UserError(f"{path}: found arch {lm['arch']}, expected {arch} as in params.yaml; run: dvc repro pretrain")
    return lm


def _count_parameters(weights: Path) -> int:
    return sum(map(prod, read_shapes(need(weights, "pretrain"), "pretrain").values()))


def _read_set(data: Path, metrics: Path, name: str) -> SetResults:
    ner, evaluate, scores = f"ner@{name}", f"evaluate@{name}", metrics / "ner"
    of_set = SetResults(
        counts=read_json(data / "ner" / name / COUNTS, SET_COUNTS, f"corpora@{name}"),
        metrics=read_metrics(metrics, name),
        epochs=read_table(scores / f"{name}.epochs.csv", EPOCHS, ner),
        scores=read_table(scores / f"{name}.scores.csv", SCORES, evaluate),
        types=read_table(scores / f"{name}.types.csv", TYPES, evaluate),
        confusion=read_table(scores / f"{name}.confusion.csv", CONFUSION, evaluate),
        typos=read_table(scores / f"{name}.typos.csv", TYPOS, f"typos@{name}"),
    )
    need_means(of_set.scores.to_dict("records"), METRICS, str(scores / f"{name}.scores.csv"), remake(evaluate))
    labels = of_set.confusion["gold"].unique()
    pairs = [*zip(of_set.confusion["gold"], of_set.confusion["predicted"], strict=True)]
    if OUTSIDE not in labels or sorted(pairs) != sorted(product(labels, repeat=2)):
        path = scores / f"{name}.confusion.csv"
        raise UserError(f"{path}: expected every pair of two labels once, O among them; {remake(evaluate)}")
    for kind, table, stage in (("epochs", of_set.epochs, ner), ("typos", of_set.typos, f"typos@{name}")):
        if table.empty:
            raise UserError(f"{scores / f'{name}.{kind}.csv'}: found no row; {remake(stage)}")
    return of_set
