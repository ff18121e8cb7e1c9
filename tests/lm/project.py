"""A project in which the real command `python -m pipeline pretrain` runs, and is disturbed.

Children are forked from a server that has imported torch once: a run takes as long as its steps.
"""

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir, contextmanager, suppress
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import psutil
import yaml

from pipeline.files.ids import IdSequences
from pipeline.lm.settings import LmSettings, TrainingSettings
from pipeline.lm.training.batches import Batch
from tests.params import dump_params, make_params

ROOT = Path(__file__).parents[2]


def training(**changes: object) -> TrainingSettings:
    values = {
        "batch_tokens": 200,
        "epochs": 1,
        "learning_rate": 0.01,
        "warmup": 0.1,
        "weight_decay": 0.01,
        "clip": 1.5,
        "dropout": 0.0,
        "accumulation": 1,
        "cutoffs": [20],
    }
    return TrainingSettings.model_validate(values | changes)


class Project:
    """A folder with params.yaml, a vocabulary and a char-CNN, whose language model is to be trained."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lm, self.checkpoints = folder / "models" / "lm", folder / "models" / ".checkpoints"
        self.losses = folder / "losses"
        small = LmSettings(
            hidden=16, softmax_from_vectors=True, training=training(batch_tokens=100, dropout=0.2, accumulation=2)
        )
        self.params: dict[str, object] = {"lm": small, "compute.checkpoint_minutes": 1e-6}

    def edit(self, params: Mapping[str, object]) -> None:
        """Write params.yaml with these values by dotted key, and those of earlier edits."""
        self.params |= params
        text = yaml.safe_dump(dump_params(make_params(self.params)), sort_keys=False)
        (self.folder / "params.yaml").write_text(text, encoding="utf-8")

    def start(
        self, environment: Mapping[str, str] | None = None, limit: int = 0, pause: int | None = None
    ) -> ForkServerProcess:
        """Start the command in another process.

        `limit` is the largest file, in bytes, that it may write. With `pause`, it stops itself (SIGSTOP) in the midst
        of the step after so many.
        """
        process = ForkServerProcess(target=_pretrain, args=(self.folder, dict(environment or {}), limit, pause))
        with chdir(ROOT):  # the server, which the first one starts, imports from where it is
            process.start()
        return process

    def run(self, **options: Any) -> tuple[int | None, str]:
        """Run the command to its end; return its exit code and the last line that it printed."""
        process = self.start(**options)
        process.join(60)
        assert process.exitcode is not None, "still running"
        return process.exitcode, self.said()

    @contextmanager
    def paused(self, after: int = 3) -> Iterator[ForkServerProcess]:
        """A block in which the command stands still within the step after these; then it goes on and is waited for."""
        process = self.start(pause=after)
        assert process.pid
        try:
            while psutil.Process(process.pid).status() != psutil.STATUS_STOPPED:
                time.sleep(0.01)
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGCONT)
            process.join(60)

    def said(self) -> str:
        """The last line on standard error."""
        return (self.folder / "stderr").read_text(encoding="utf-8").rstrip("\n").rpartition("\n")[2]

    def steps(self) -> list[tuple[int, str]]:
        """Every step taken by any process, with its loss to the last bit."""
        lines = self.losses.read_text().splitlines() if self.losses.is_file() else []
        return [(int(step), loss) for step, _, loss in (line.partition(" ") for line in lines)]

    def results(self) -> dict[str, bytes]:
        """The files of a finished run, to the byte; without the one that holds times."""
        files = [path for path in self.lm.rglob("*") if path.is_file()] + [self.folder / "metrics" / "pretrain.csv"]
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in files}


Make = Callable[[str], Project]
"""Makes a project of that name; all are on the same inputs."""


def make_project(folder: Path, vocabulary: Path, charcnn: Path) -> Project:
    """Make a project that reads these folders."""
    (folder / "models").mkdir(parents=True)
    (folder / "data").mkdir()
    (folder / "data" / "vocabulary").symlink_to(vocabulary)
    (folder / "models" / "charcnn").symlink_to(charcnn)
    shutil.copy(ROOT / "dvc.yaml", folder)
    project = Project(folder)
    project.edit({})
    return project


def _pretrain(folder: Path, environment: dict[str, str], limit: int, pause: int | None) -> None:
    """Run the command in the child."""
    os.chdir(folder)
    os.environ.update({"OMP_WAIT_POLICY": "PASSIVE", **environment})
    os.environ.pop("DVC_ROOT", None)
    with open("stderr", "a", buffering=1, encoding="utf-8") as stderr:
        sys.stderr, sys.argv = stderr, ["pipeline", "pretrain"]
        if limit:
            import resource

            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        from pipeline import cli

        with _observed(pause):
            cli.main()


@contextmanager
def _observed(pause: int | None) -> Iterator[None]:
    """Write down every loss; pause when told."""
    from pipeline.lm.training.train import Trainer

    take_step, make_batch, pauses = Trainer.step, Trainer._batch, {pause}

    def step(self: Trainer, *arguments: Any) -> float:
        loss = take_step(self, *arguments)
        if self.world.leads:
            with open("losses", "a") as file:
                file.write(f"{self.history.step} {loss!r}\n")
        return loss

    def batch(self: Trainer, texts: IdSequences, chosen: np.ndarray) -> Batch:
        if self.history.step in pauses:
            pauses.clear()
            os.kill(os.getpid(), signal.SIGSTOP)
        return make_batch(self, texts, chosen)

    with patch.object(Trainer, "step", step), patch.object(Trainer, "_batch", batch):
        yield
