"""A run of the training stages in this process."""

import json
from pathlib import Path
from typing import Any

import torch

from pipeline.lm.settings import NO_CELL, CharCnnSettings, LmSettings
from pipeline.stages import charcnn, pretrain
from pipeline.work.run import Run
from tests.lm.conftest import arch_of, training


def how(folder: Path, minutes: float = 1.0) -> Run:
    return Run(torch.device("cpu"), folder / "checkpoints", minutes, confirm=lambda: None)


def run_charcnn(vocabulary: Path, target: Path, settings: CharCnnSettings) -> None:
    charcnn.run(vocabulary, target, settings, 1, how(target.parent))


def choice(cell: str, **changes: object) -> pretrain.Choice:
    arch = arch_of(cell, layers=0 if cell == NO_CELL else 1)
    return pretrain.Choice(cell, arch, LmSettings(hidden=32, training=training(**changes)), seed=1)


def targets(lm: Path) -> pretrain.Targets:
    return pretrain.Targets(lm, lm.with_suffix(".json"), lm.with_suffix(".csv"))


def run_pretrain(vocabulary: Path, charcnn: Path, lm: Path, cell: str, **changes: object) -> dict[str, Any]:
    """The metrics of one architecture."""
    pretrain.run(pretrain.Sources(vocabulary, charcnn), targets(lm), choice(cell, **changes), how(lm.parent))
    metrics: dict[str, Any] = json.loads(targets(lm).metrics.read_text())["lm"]
    return metrics
