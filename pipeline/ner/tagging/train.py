"""Training of one tagger on frozen features (paper: Adam, 1e-3, 20 epochs, batches of 128)."""

import copy
import math
import time
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from pipeline.errors import UserError
from pipeline.ner.scoring.scores import score
from pipeline.ner.settings import NerSettings, TaggerSettings, TaggerSizes
from pipeline.ner.tagging.batches import Indices, training_batches
from pipeline.ner.tagging.examples import Examples
from pipeline.ner.tagging.features import Features
from pipeline.ner.tagging.surface import frequent_characters
from pipeline.ner.tagging.tagger import Tagger, load_batch, predict
from pipeline.protocol import EpochRule
from pipeline.work.checkpoint import Checkpoint, State, optimizer_tensors, restore_optimizer
from pipeline.work.interruption import Stopped, stop_request
from pipeline.work.progress import Meter, say

LEAST = 0.01
"""The last step size of a cosine, as a share of the largest."""


class Epoch(NamedTuple):
    """The mean loss per sentence, and the scores on validation after the epoch."""

    epoch: int
    train_loss: float
    validation_entity_f1: float
    validation_token_f1: float


class Trained(NamedTuple):
    """A tagger as it was after the epoch that the rule chooses, all epochs, and the CPU seconds of their steps."""

    tagger: Tagger
    epochs: list[Epoch]
    cpu_seconds: float


def train_tagger(
    train: Examples,
    validation: Examples,
    settings: NerSettings,
    seed: int,
    device: torch.device,
    rule: EpochRule,
    checkpoint: Checkpoint | None = None,
    lowered: Features | None = None,
) -> Trained:
    """Train for all epochs; `lowered` is `train` in lower case, of which each epoch reads the share `lowercased`.

    Equal arguments give equal weights on the same machine, and a run that goes on from a checkpoint gives those of a
    run that was never stopped. Raises `Stopped` on SIGTERM and Ctrl-C. The call sets torch's global seed.
    """
    torch.manual_seed(seed)
    characters = frequent_characters(train.features.letters) if settings.surface else ""
    sizes = TaggerSizes(
        labels=train.labels,
        width=train.features.width,
        lm_layers=train.layers,
        characters=characters,
        **settings.model_dump(include=set(TaggerSettings.model_fields)),
    )
    tagger = Tagger(sizes)
    if settings.standardise:
        tagger.standardise(train.features)
    training = TaggerTraining(tagger.to(device), train, validation, settings, seed, rule, checkpoint, lowered)
    training.run()
    tagger.load_state_dict(training.weights)
    return Trained(tagger.eval(), training.epochs, training.cpu_seconds)


class TaggerTraining:
    """The training of one tagger. Its state after any step decides all that follows."""

    def __init__(
        self,
        tagger: Tagger,
        train: Examples,
        validation: Examples,
        settings: NerSettings,
        seed: int,
        rule: EpochRule,
        checkpoint: Checkpoint | None = None,
        lowered: Features | None = None,
    ) -> None:
        self.tagger, self.train, self.validation = tagger, train, validation
        self.settings, self.rule, self.checkpoint = settings, rule, checkpoint
        self.label, self.lengths = f"tagger, seed {seed}", train.features.lengths
        self.optimizer = torch.optim.AdamW(
            tagger.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True
        )
        self.step, self.steps = 0, -(-len(self.lengths) // settings.batch_sentences)  # done; of an epoch
        self.epochs: list[Epoch] = []
        self.weights: dict[str, Tensor] = {}
        """Those of the epoch to keep, by name."""
        self.cpu_seconds = 0.0  # of all steps
        self._loss = 0.0  # of the sentences of this epoch so far
        self._random = np.random.default_rng(seed)
        self._lowered, self._chosen = lowered, np.zeros(len(self.lengths), dtype=np.bool_)

    @property
    def done(self) -> bool:
        """Whether all epochs are over, or the last `patience` of them were no better than one before."""
        waited = len(self.epochs) - kept_epoch(self.epochs, self.rule).epoch if self.epochs else 0
        return self.step == self.settings.epochs * self.steps or 0 < self.settings.patience <= waited

    def run(self) -> None:
        """Train to the end, from the last checkpoint if there is one."""
        self._draw()
        if self.checkpoint and (state := self.checkpoint.load()):
            try:
                self._restore(state)
            except (KeyError, TypeError, ValueError, RuntimeError) as error:
                advice = "delete it to train from the beginning"
                raise UserError(f"{self.checkpoint.path}: not of this run ({error}); {advice}") from None
            if self.done:
                say(f"{self.label}: was trained before the stage was stopped")
                return
            say(f"{self.label}: goes on after {self._progress()}")
        total = self.settings.epochs * len(self.train.tags)
        meter = Meter(self.label, "tokens", total, total * self.step // (self.settings.epochs * self.steps))
        with stop_request() as stop:
            while not self.done and stop.signum is None:
                batch = self._batches[self.step % self.steps]
                loss = self._take_step(batch)
                meter.add(int(self.lengths[batch].sum()), f"epoch {len(self.epochs) + 1}, loss {loss:.3f}")
                if self.step % self.steps == 0:
                    self._end_epoch()
                if self.checkpoint and self.checkpoint.due():
                    self.checkpoint.save(self._state())
            if self.checkpoint:
                self.checkpoint.save(self._state())
        meter.close()
        if stop.signum is not None:
            saved = "what is done is saved, run again to go on" if self.checkpoint else "nothing is saved"
            raise Stopped(f"{self.label}: stopped after {self._progress()}; {saved}", stop.signum)

    def _draw(self) -> None:
        """Draw the batches of an epoch, and its sentences in lower case."""
        self._drawn_from = self._random.bit_generator.state
        self._batches = training_batches(self.lengths, self.settings.batch_sentences, self._random)
        if self._lowered:
            self._chosen = self._random.random(len(self.lengths)) < self.settings.lowercased  # (sentences,)

    def _take_step(self, batch: Indices) -> float:
        started = time.process_time()
        rate = step_size(self.step, self.settings.epochs * self.steps, self.settings)
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.learning_rate * rate
        lowered, clip = (self._lowered, self._chosen), self.settings.clip
        loss = train_step(self.tagger.train(), self.optimizer, self.train, batch, clip, *lowered)
        if not np.isfinite(loss):
            epoch, number = divmod(self.step, self.steps)
            fault = f"found a loss of {loss} in epoch {epoch + 1}, step {number + 1} of {self.steps}, expected a number"
            raise UserError(f"tagger: {fault}; lower ner.learning_rate or ner.clip in params.yaml")
        self.step += 1
        self._loss += loss * len(batch)
        self.cpu_seconds += time.process_time() - started
        return loss

    def _end_epoch(self) -> None:
        scores = score(self.validation.count_tags(predict(self.tagger, self.validation.features)))
        mean = self._loss / len(self.lengths)
        self.epochs.append(Epoch(len(self.epochs) + 1, mean, scores["entity_f1"], scores["token_f1"]))
        if kept_epoch(self.epochs, self.rule) is self.epochs[-1]:
            self.weights = copy.deepcopy(self.tagger.state_dict())
        self._loss = 0.0
        self._draw()

    def _state(self) -> State:
        tensors = {f"tagger.{name}": value for name, value in self.tagger.state_dict().items()}
        tensors |= {f"kept.{name}": value for name, value in self.weights.items()}
        tensors |= optimizer_tensors(self.optimizer) | {"random.cpu": torch.get_rng_state()}
        if self.tagger.device.type == "cuda":
            tensors["random.cuda"] = torch.cuda.get_rng_state(self.tagger.device)
        facts = {"step": self.step, "loss": self._loss, "cpu_seconds": self.cpu_seconds}
        return State(tensors, facts | {"epochs": self.epochs, "random": self._drawn_from})

    def _restore(self, state: State) -> None:
        restore_optimizer(self.optimizer, state.tensors)
        parts: dict[str, dict[str, Tensor]] = {"tagger": {}, "kept": {}, "random": {}}
        for name, tensor in state.tensors.items():
            part, _, rest = name.partition(".")
            parts[part][rest] = tensor
        self.tagger.load_state_dict(parts["tagger"])
        self.weights = parts["kept"]
        self.step, self._loss, self.cpu_seconds = (state.facts[key] for key in ("step", "loss", "cpu_seconds"))
        self.epochs = [Epoch(*epoch) for epoch in state.facts["epochs"]]
        self._random.bit_generator.state = state.facts["random"]
        self._draw()
        torch.set_rng_state(parts["random"]["cpu"])
        if self.tagger.device.type == "cuda":
            torch.cuda.set_rng_state(parts["random"]["cuda"], self.tagger.device)

    def _progress(self) -> str:
        return f"step {self.step:,} of {self.settings.epochs * self.steps:,}"


def kept_epoch(epochs: list[Epoch], rule: EpochRule) -> Epoch:
    """Return the last epoch, or the first of the epochs with the best entity F1 on validation."""
    return epochs[-1] if rule == "last" else max(epochs, key=lambda epoch: epoch.validation_entity_f1)


def step_size(step: int, steps: int, settings: NerSettings) -> float:
    """Return the share of the largest step size that step `step` of `steps` takes: a linear rise, then the cosine."""
    warm = settings.warmup * steps
    rise = min(1.0, (step + 1) / warm) if warm else 1.0
    fall = LEAST + (1 - LEAST) * (1 + math.cos(math.pi * step / steps)) / 2 if settings.decay else 1.0
    return rise * fall


def train_step(
    tagger: Tagger,
    optimizer: torch.optim.Optimizer,
    train: Examples,
    batch: Indices,
    clip: float,
    lowered: Features | None = None,
    chosen: npt.NDArray[np.bool_] | None = None,
) -> float:
    """One step on the sentences of these numbers; return their mean loss. `clip` is the gradient's largest norm.

    Of all sentences, those `chosen` (sentences,) are read in lower case, as `lowered` has them.
    """
    rows = train.features.rows(batch)
    vectors, lengths, letters = load_batch(tagger, train.features, batch, rows)  # (tokens, width), (sentences,)
    if lowered and chosen is not None:
        low = torch.from_numpy(np.repeat(chosen[batch], lengths)).to(letters.device)[:, None]  # (tokens, 1)
        low_vectors, _, low_letters = load_batch(tagger, lowered, batch, rows)
        vectors, letters = torch.where(low, low_vectors, vectors), torch.where(low, low_letters, letters)
    optimizer.zero_grad()
    loss = tagger.loss(vectors, lengths, letters, torch.from_numpy(train.tags[rows]).to(vectors.device))
    loss.backward()
    torch.nn.utils.clip_grad_norm_(tagger.parameters(), clip)
    optimizer.step()
    return loss.item()
