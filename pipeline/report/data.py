"""What the report is made of, read from the folders of the other stages and checked."""

import json
from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from pipeline.encoders import ENCODERS
from pipeline.errors import UserError, remake
from pipeline.outputs import need
from pipeline.report.paper import order_sets
from pipeline.stamp import MACHINE
from pipeline.weights import read_shapes

TEXT_STAGES = ["documents", "sentences", "fragments", "lowercase", "lemmas", "vocabulary"]
COUNTS = "counts.json"
CHARCNN, ENCODER = "charcnn.safetensors", "charcnn.json"
"""Within a language model's folder."""

CURVE = ["tokens", "train_perplexity", "validation_perplexity"]
EPOCHS = ["seed", "epoch", "validation_entity_f1", "validation_token_f1", "kept"]
SCORES = ["metric", "seed", "value", "low", "high"]
TYPES = ["type", "precision", "recall", "f1", "support"]
CONFUSION = ["gold", "predicted", "count"]
TYPOS = ["rate", "words", "misspelt", "entity_f1", "entity_f1_low", "entity_f1_high"]
TYPOS += ["token_f1", "token_f1_low", "token_f1_high"]
PROTOCOL = ["lowercase", "lemmas", "tokens", "epoch"]

Json = dict[str, Any]


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


def read_results(data: Path, metrics: Path, lm: Path, arch: str, scale: str, sets: Sequence[str]) -> Results:
    """Read all inputs of the report, of these data sets; a `UserError` names a file that is missing or not as it should
    be.
    """
    return Results(
        arch=arch,
        scale=scale,
        protocol={key: read_json(data / "protocol" / f"{key}.json", "check")[key] for key in PROTOCOL},
        counts={stage: read_json(data / stage / COUNTS, stage) for stage in TEXT_STAGES},
        lm=_read_lm(metrics, arch),
        encoder=_read_encoder(lm / ENCODER),
        charcnn_parameters_m=_count_parameters(lm / CHARCNN) / 1e6,
        curve=read_csv(metrics / "pretrain.csv", "pretrain", CURVE),
        sets={name: _read_set(data, metrics, name) for name in order_sets(sets)},
    )


def read_json(path: Path, stage: str) -> Json:
    """Read a small JSON file that `stage` makes."""
    try:
        value: Json = json.loads(_read_text(path, stage))
    except json.JSONDecodeError as error:
        raise UserError(f"{path}: not valid JSON: {error}; delete it and run: dvc repro {stage}") from None
    return value


def read_csv(path: Path, stage: str, columns: Sequence[str]) -> pd.DataFrame:
    """Read a CSV file that `stage` makes and that has these columns at least."""
    need(path, stage)
    try:
        table = pd.read_csv(path, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise UserError(f"{path}: not a CSV table: {error}; delete it and run: dvc repro {stage}") from None
    missing = [column for column in columns if column not in table]
    if missing:
        raise UserError(
            f"{path}: found columns {', '.join(map(str, table))}, expected {', '.join(missing)} as well; "
            f"delete it and run: dvc repro {stage}"
        )
    return table


def _read_lm(metrics: Path, arch: str) -> Json:
    path = metrics / "pretrain.json"
    found = read_json(path, "pretrain")
    lm: Json = found["lm"] | {MACHINE: found.get(MACHINE, {})}  # none of an earlier code
    if lm["arch"] != arch:
        raise UserError(f"{path}: found arch {lm['arch']}, expected {arch} as in params.yaml; run: dvc repro pretrain")
    return lm


def _read_encoder(path: Path) -> str:
    shape = read_json(path, "pretrain")
    kind = shape.get("encoder") if isinstance(shape, dict) else None
    if kind not in ENCODERS:
        raise UserError(f"{path}: found encoder {kind!r}, expected {' or '.join(ENCODERS)}; {remake('pretrain')}")
    return ENCODERS[kind]


def _count_parameters(weights: Path) -> int:
    return sum(map(prod, read_shapes(need(weights, "pretrain"), "pretrain").values()))


def _read_set(data: Path, metrics: Path, name: str) -> SetResults:
    ner, evaluate = f"ner@{name}", f"evaluate@{name}"
    scores = metrics / "ner"
    return SetResults(
        counts=read_json(data / "ner" / name / COUNTS, f"corpora@{name}"),
        metrics=read_json(scores / f"{name}.json", evaluate)[name],
        epochs=read_csv(scores / f"{name}.epochs.csv", ner, EPOCHS),
        scores=read_csv(scores / f"{name}.scores.csv", evaluate, SCORES),
        types=read_csv(scores / f"{name}.types.csv", evaluate, TYPES),
        confusion=read_csv(scores / f"{name}.confusion.csv", evaluate, CONFUSION),
        typos=read_csv(scores / f"{name}.typos.csv", f"typos@{name}", TYPOS),
    )


def _read_text(path: Path, stage: str) -> str:
    return need(path, stage).read_text(encoding="utf-8")
