"""A project of its own in which the real command `python -m pipeline pretrain` runs, and is disturbed.

Children are forked from a server that has imported torch once: a run takes as long as its steps.
"""

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import chdir
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from pipeline.files.ids import IdSequences
from pipeline.lm.training.batches import Batch
from pipeline.params import Scale, complete_scales

ROOT = Path(__file__).parents[2]
SETTINGS = {
    "hidden": 16,
    "training": {
        "batch_tokens": 100,
        "epochs": 1,
        "learning_rate": 0.01,
        "warmup": 0.1,
        "weight_decay": 0.01,
        "clip": 1.5,
        "dropout": 0.2,
        "accumulation": 2,
        "cutoffs": [20],
    },
}


class Project:
    """A folder with params.yaml, a vocabulary and a char-CNN, whose language model is to be trained."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lm, self.checkpoints = folder / "models" / "lm", folder / "models" / ".checkpoints"
        self.losses = folder / "losses"

    def edit(self, change: Callable[[dict[str, Any]], object]) -> None:
        """Change params.yaml."""
        path = self.folder / "params.yaml"
        params = yaml.safe_load(path.read_text(encoding="utf-8"))
        change(params)
        path.write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")

    def start(self, environment: Mapping[str, str] | None = None, limit: int = 0) -> ForkServerProcess:
        """Start the command in a process of its own; `limit` is the largest file, in bytes, that it may write."""
        process = ForkServerProcess(target=_pretrain, args=(self.folder, dict(environment or {}), limit))
        with chdir(ROOT):  # the server, which the first one starts, imports from where it is
            process.start()
        return process

    def run(self, **options: Any) -> tuple[int | None, str]:
        """Run the command to its end; exit code and what it said last."""
        process = self.start(**options)
        process.join(60)
        assert process.exitcode is not None, "still running"
        return process.exitcode, self.said()

    def wait_for_step(self, process: ForkServerProcess, step: int = 3) -> None:
        """Until the running process has taken some steps."""
        while process.is_alive() and len(self.steps()) < step:
            time.sleep(0.01)
        assert process.is_alive()

    def said(self) -> str:
        """The last line on standard error."""
        return (self.folder / "stderr").read_text(encoding="utf-8").rstrip("\n").rpartition("\n")[2]

    def steps(self) -> list[tuple[int, str]]:
        """Every step taken by any process, with its loss to the last bit."""
        lines = self.losses.read_text().splitlines() if self.losses.is_file() else []
        return [(int(step), loss) for step, _, loss in (line.partition(" ") for line in lines)]

    def results(self) -> dict[str, bytes]:
        """The files of a finished run, to the byte; those that tell of time are left out."""
        files = [path for path in self.lm.rglob("*") if path.is_file()] + [self.folder / "metrics" / "pretrain.csv"]
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in files}

    def forget_results(self) -> None:
        """As DVC does before it reruns a stage."""
        for path in sorted(self.lm.rglob("*"), reverse=True):
            path.unlink()
        self.lm.rmdir()


Make = Callable[[str], Project]
"""Gives projects by name, all on the same inputs."""


def make_project(folder: Path, vocabulary: Path, charcnn: Path) -> Project:
    """A project that reads these folders."""
    (folder / "models").mkdir(parents=True)
    (folder / "data").mkdir()
    (folder / "data" / "vocabulary").symlink_to(vocabulary)
    (folder / "models" / "charcnn").symlink_to(charcnn)
    project = Project(folder)
    shutil.copy(ROOT / "dvc.yaml", folder)
    params = complete_scales(yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8")))
    params |= {block: {} for block in Scale.model_fields if block in params}
    params["scales"]["demo"]["lm"] = SETTINGS
    params["compute"]["checkpoint_minutes"] = 1e-6
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")
    return project


def _pretrain(folder: Path, environment: dict[str, str], limit: int) -> None:
    """In the child: the command, with every loss written down."""
    os.chdir(folder)
    os.environ.update({"OMP_WAIT_POLICY": "PASSIVE", **environment})
    os.environ.pop("DVC_ROOT", None)
    with open("stderr", "a", buffering=1, encoding="utf-8") as stderr:
        sys.stderr, sys.argv = stderr, ["pipeline", "pretrain"]
        if limit:
            import resource

            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        _write_losses()
        _write_reading()
        from pipeline import cli

        cli.main()


def _write_losses() -> None:
    from pipeline.lm.training.train import Trainer

    step = Trainer.step

    def written(self: Trainer, *arguments: Any) -> float:
        loss = step(self, *arguments)
        if self.world.leads:
            with open("losses", "a") as file:
                file.write(f"{self.history.step} {loss!r}\n")
        return loss

    Trainer.step = written  # type: ignore[method-assign, assignment]


def _write_reading() -> None:
    """Write down which texts a process learns from, a file a rank."""
    from pipeline.lm.training.train import Trainer

    batch = Trainer._batch

    def written(self: Trainer, texts: IdSequences, chosen: np.ndarray) -> Batch:
        if texts is self.train_texts and self.world.size > 1:
            with open(f"read-{self.world.rank}", "a") as file:
                file.write("".join(f"{text}\n" for text in chosen))
        return batch(self, texts, chosen)

    Trainer._batch = written  # type: ignore[method-assign]
