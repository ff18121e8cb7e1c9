"""A run of the training stages in this process."""

import json
from pathlib import Path
from typing import Any

from pipeline.lm.settings import UNTRAINED, ArchSettings, CharCnnSettings
from pipeline.params import load_params
from pipeline.paths import Paths
from pipeline.stages import charcnn, pretrain
from tests.lm.project import ROOT, training
from tests.params import make_params

ARCHS = load_params(ROOT / "params.yaml").archs
CELLS = {arch.cell: arch.options for arch in ARCHS.values() if arch.cell not in UNTRAINED}
"""Every cell that is trained, of the committed archs, with its options there."""


def arch_of(cell: str, layers: int = 2, residual: bool = False) -> ArchSettings:
    return ArchSettings(cell=cell, layers=layers, residual=residual, options=CELLS.get(cell, {}))


def project(target: Path, **folders: Path) -> Paths:
    """A project next to the folder `target`, with links to the folders that a stage reads."""
    paths = Paths(target.with_name(f"{target.name}.project"))
    for name, folder in folders.items():
        link: Path = getattr(paths, name)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(folder)
    return paths


def run_charcnn(vocabulary: Path, target: Path, settings: CharCnnSettings) -> None:
    paths = project(target, vocabulary=vocabulary)
    charcnn.run(paths, make_params({"charcnn": settings, "seed": 1}))
    paths.charcnn.rename(target)


def import_charcnn(vocabulary: Path, elmo: Path, target: Path) -> None:
    """Import the char-CNN of a published ELMo, in place of what stands in `target`."""
    paths = project(target, vocabulary=vocabulary, elmo=elmo)
    if target.exists():
        paths.charcnn.parent.mkdir(parents=True, exist_ok=True)
        target.rename(paths.charcnn)
    try:
        charcnn.run(paths, make_params({"arch": "elmo", "seed": 1}))
    finally:
        if paths.charcnn.exists():
            paths.charcnn.rename(target)


def run_pretrain(vocabulary: Path, charcnn: Path, lm: Path, cell: str, **changes: object) -> dict[str, Any]:
    """The metrics of one architecture, which are written next to `lm`, as its curve is."""
    paths = project(lm, vocabulary=vocabulary, charcnn=charcnn)
    arch = arch_of(cell, layers=1 if cell in CELLS else 0)
    values = {"archs": {cell: arch.model_dump()}, "arch": cell, "seed": 1}
    from_vectors = changes.pop("softmax_from_vectors", False)
    block = {"hidden": 32, "softmax_from_vectors": from_vectors, "training": training(**changes).model_dump()}
    pretrain.run(paths, make_params(values | {"lm": block}))
    for path, target in (
        (paths.lm, lm),
        (paths.pretrain, lm.with_suffix(".json")),
        (paths.cost, lm.with_suffix(".cost.json")),
        (paths.pretrain_curve, lm.with_suffix(".csv")),
    ):
        path.rename(target)
    metrics: dict[str, Any] = json.loads(lm.with_suffix(".json").read_text())["lm"]
    return metrics
