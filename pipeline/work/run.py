"""How and where a long run is done; nothing here is part of what it computes."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import torch

from pipeline.provenance.fingerprint import fingerprint
from pipeline.work.checkpoint import Checkpoint, open_checkpoint
from pipeline.work.processes import World, join


class Run(NamedTuple):
    """The circumstances of a long stage."""

    device: torch.device
    checkpoints: Path
    """The folder of all runs' checkpoints."""
    minutes: float
    """Between two checkpoints."""
    world: World

    @contextmanager
    def checkpoint(self, settings: Mapping[str, Any], *paths: Path) -> Iterator[Checkpoint | None]:
        """Rank 0's checkpoint of the run with these settings (JSON values), inputs and code; None for the others."""
        if self.world.leads:
            with open_checkpoint(self.checkpoints, fingerprint(settings, *paths), self.minutes) as checkpoint:
                yield checkpoint
        else:
            yield None


@contextmanager
def start(device: torch.device, checkpoints: Path, minutes: float) -> Iterator[Run]:
    """A run by this process, or by all that torchrun has started, which meet here."""
    with join(device) as world:
        yield Run(device, checkpoints, minutes, world)
