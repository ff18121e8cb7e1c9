"""The course of a training run: which texts each step learns from, and how a step is divided.

All of it follows from settings and seed. A run that is resumed, or shared by several processes, only needs to know the
number of the step.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.lm.settings import TrainingSettings
from pipeline.lm.training.batches import Indices, plan_batches

_FLOOR = 0.1
"""The cosine ends at this share of the learning rate."""


class Part(NamedTuple):
    """A part of a step: the texts of one pass forward and backward."""

    texts: Indices
    counts: bool
    """False where a step has fewer texts than processes: this part repeats a text, to give its process some work."""
    seed: int
    """For dropout: a part has the same masks in whichever process, and in a resumed run."""


class Plan:
    """Steps of `batch_tokens` positions each, each in `parts` parts; every epoch has every text once."""

    def __init__(self, lengths: npt.NDArray[np.int64], settings: TrainingSettings, seed: int, processes: int) -> None:
        """`lengths` are tokens a text, int64 (texts,)."""
        self.lengths, self.settings, self.seed, self.processes = lengths, settings, seed, processes
        self.parts = math.ceil(settings.accumulation / processes) * processes
        self.steps: list[Indices] = []
        for epoch in range(math.ceil(settings.epochs)):  # the last one perhaps in part
            batches = plan_batches(lengths, settings.batch_tokens, np.random.default_rng([seed, epoch]))
            share = min(1.0, settings.epochs - epoch)
            self.steps += batches[: max(1, round(share * len(batches)))]

    def __len__(self) -> int:
        return len(self.steps)

    def tokens(self, step: int) -> int:
        """Tokens of a step; each is predicted once a direction."""
        return int(self.lengths[self.steps[step]].sum())

    def positions(self, step: int) -> int:
        """Tokens and padding of a step."""
        return sum(int(self.lengths[p.texts].max()) * len(p.texts) for p in self.split(step) if p.counts)

    def split(self, step: int) -> list[Part]:
        """The parts of a step. Its texts are sorted by length, and every part gets short and long ones."""
        texts = self.steps[step]
        number = min(self.parts, max(len(texts), self.processes))
        parts = []
        for part in range(number):
            share = texts[part :: self.parts]
            seed = np.random.SeedSequence([self.seed, step, part]).generate_state(1, np.uint64)[0] >> np.uint64(1)
            parts.append(Part(share if len(share) else texts[:1], bool(len(share)), int(seed)))
        return parts

    def rate(self, step: int) -> float:
        """The learning rate of a step: a linear rise, then a cosine to a tenth."""
        warmup = max(1, round(self.settings.warmup * len(self.steps)))
        if step < warmup:
            return self.settings.learning_rate * ((step + 1) / warmup)
        done = (step - warmup) / max(1, len(self.steps) - warmup)
        return self.settings.learning_rate * (_FLOOR + (1 - _FLOOR) * 0.5 * (1 + math.cos(math.pi * done)))
