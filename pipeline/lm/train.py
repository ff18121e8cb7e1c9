"""Pretraining a bidirectional language model (paper, step 2)."""

import math
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from pipeline.errors import UserError
from pipeline.ids import IdSequences
from pipeline.lm.batches import Batch, make_batch, plan_batches
from pipeline.lm.bilm import BiLM, Losses
from pipeline.lm.settings import TrainingSettings
from pipeline.progress import Meter

VALIDATIONS = 10
"""Points of the validation curve."""
_FLOOR = 0.1
"""The cosine ends at this share of the learning rate."""


class Point(NamedTuple):
    """A point of the learning curve."""

    step: int
    tokens: int
    """Tokens read so far."""
    learning_rate: float
    train_perplexity: float
    """Over the steps since the last point, with dropout."""
    validation_perplexity: float


@dataclass
class History:
    """What a training run leaves beside the weights."""

    points: list[Point] = field(default_factory=list)
    tokens: int = 0
    positions: int = 0
    """Tokens and padding."""
    seconds: float = 0.0
    """Spent in training steps, validation not counted."""

    @property
    def padding_share(self) -> float:
        return 1 - self.tokens / max(self.positions, 1)


class Trainer:
    """A language model, the vectors it reads and the texts it learns from."""

    def __init__(
        self,
        model: BiLM,
        inputs: nn.Module,
        train: IdSequences,
        validation: IdSequences,
        predicted: int,
        settings: TrainingSettings,
        seed: int,
        device: torch.device,
    ) -> None:
        """`predicted`: how many leading ids the softmax knows. `inputs` is trained too where it has parameters."""
        self.model, self.inputs = model.to(device), inputs.to(device)
        self.train_texts, self.validation_texts = train, validation
        self.predicted, self.settings, self.seed, self.device = predicted, settings, seed, device
        self.plan = self._plan()
        self.optimizer = torch.optim.AdamW(
            _parameter_groups(nn.ModuleList([model, inputs]), settings.weight_decay),
            lr=settings.learning_rate,
            fused=True,
        )
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, self._rate)

    def run(self, label: str) -> History:
        """Train to the end of the plan, validating along the way; the model is left in evaluation mode."""
        history, running, predictions = History(), 0.0, 0
        every = math.ceil(len(self.plan) / VALIDATIONS)
        meter = Meter(label, "tokens", sum(int(self.train_texts.lengths[texts].sum()) for texts in self.plan))
        for step, batch in enumerate(self._batches(), start=1):
            started = time.monotonic()
            losses = self._step(batch)
            loss = losses.total.item()
            self._check(label, step, loss / losses.predictions)
            history.seconds += time.monotonic() - started
            history.tokens += batch.tokens
            history.positions += batch.mask.numel()
            running, predictions = running + loss, predictions + losses.predictions
            if step % every == 0 or step == len(self.plan):
                rate = float(self.schedule.get_last_lr()[0])
                train, validation = running / predictions, self.validation_loss()
                self._check(label, step, train, validation)
                history.points.append(Point(step, history.tokens, rate, math.exp(train), math.exp(validation)))
                running, predictions = 0.0, 0
            meter.add(batch.tokens, f"loss {loss / losses.predictions:.3f}")
        meter.close()
        return history

    @torch.inference_mode()
    def validation_loss(self) -> float:
        """Mean negative log-likelihood in nats: every token predicted from both sides, over the full vocabulary."""
        self.model.eval()
        self.inputs.eval()
        order = plan_batches(self.validation_texts.lengths, self.settings.batch_tokens, np.random.default_rng(0))
        total, predictions = 0.0, 0
        for texts in order:
            losses = self._losses(make_batch(self.validation_texts, texts, self.predicted))
            total, predictions = total + losses.total.item(), predictions + losses.predictions
        return total / predictions

    def _check(self, label: str, step: int, *losses: float) -> None:
        """Stop a run that has left the ground: a perplexity of e^50 is no language model's."""
        for loss in losses:
            if not loss < 50:  # NaN is not
                raise UserError(
                    f"{label}: the loss is {loss:.4g} nats a token at step {step} of {len(self.plan)}, "
                    "expected under 50; lower learning_rate or clip in params.yaml"
                )

    def _step(self, batch: Batch) -> Losses:
        self.model.train()
        self.inputs.train()
        self.optimizer.zero_grad(set_to_none=True)
        losses = self._losses(batch)
        (losses.total / losses.predictions).backward()
        parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        nn.utils.clip_grad_norm_(parameters, self.settings.clip)
        self.optimizer.step()
        self.schedule.step()
        return losses

    def _losses(self, batch: Batch) -> Losses:
        batch = batch.to(self.device)
        with _autocast(self.device):
            return self.model.losses(self.inputs(batch.inputs), batch.targets, batch.mask)

    def _plan(self) -> list[np.ndarray]:
        """The batches of the whole run: `epochs` passes, the last one perhaps in part."""
        plan: list[np.ndarray] = []
        for epoch in range(math.ceil(self.settings.epochs)):
            generator = np.random.default_rng([self.seed, epoch])
            batches = plan_batches(self.train_texts.lengths, self.settings.batch_tokens, generator)
            share = min(1.0, self.settings.epochs - epoch)
            plan += batches[: max(1, round(share * len(batches)))]
        return plan

    def _batches(self) -> Iterator[Batch]:
        return (make_batch(self.train_texts, texts, self.predicted) for texts in self.plan)

    def _rate(self, step: int) -> float:
        """Share of the learning rate at a step: a linear rise, then a cosine to a tenth."""
        warmup = max(1, round(self.settings.warmup * len(self.plan)))
        if step < warmup:
            return (step + 1) / warmup
        done = (step - warmup) / max(1, len(self.plan) - warmup)
        return _FLOOR + (1 - _FLOOR) * 0.5 * (1 + math.cos(math.pi * done))


def _parameter_groups(module: nn.Module, weight_decay: float) -> list[dict[str, object]]:
    """Matrices decay; embeddings, biases and other vectors do not."""
    embeddings = {id(p) for m in module.modules() if isinstance(m, nn.Embedding) for p in m.parameters()}
    decayed = [p for p in module.parameters() if p.dim() > 1 and id(p) not in embeddings]
    others = [p for p in module.parameters() if p.dim() <= 1 or id(p) in embeddings]
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]


def _autocast(device: torch.device) -> AbstractContextManager[object]:
    """bfloat16 where the device gains by it."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda")
