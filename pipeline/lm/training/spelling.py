"""An encoder of characters learns published vectors of words from their spelling (Pinter et al. 2017).

So it brings what a far larger text has taught, as ELMo-Taiga's char-CNN does in the paper, and it has a vector for
every word, which a misspelt one shares with its neighbours. The loss is the mean squared error, Adam's step size falls
linearly to 0, and some words are held out to see what unknown words will get.
"""

import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import cosine_similarity, mse_loss

from pipeline.errors import UserError
from pipeline.files.csv import write_csv
from pipeline.lm.encoders.chars import CharIds
from pipeline.lm.encoders.encoder import TYPES_A_BATCH, CharEncoder
from pipeline.lm.settings import SpellingSettings
from pipeline.work.checkpoint import Checkpoint, State, optimizer_tensors, restore_optimizer
from pipeline.work.interruption import Stopped, stop_request
from pipeline.work.progress import Meter, say


class Epoch(NamedTuple):
    """A row of spelling.csv."""

    epoch: int
    loss: float
    """Mean squared error of a dimension over the words of the epoch; 1 is that of no knowledge at all."""
    held_out_cosine: float
    """Mean cosine of the learned and the published vectors of words that were held out."""


class Speller:
    """The training of one encoder."""

    def __init__(
        self,
        encoder: CharEncoder,
        chars: CharIds,
        values: npt.NDArray[np.float32],
        settings: SpellingSettings,
        seed: int,
        device: torch.device,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        """Learn `values` (words, width), of mean 0 and deviation 1 in every dimension, from `chars` (words, 50)."""
        self.encoder, self.settings, self.seed, self.device = encoder.to(device), settings, seed, device
        self.checkpoint, self.epochs, self.step = checkpoint, list[Epoch](), 0
        self.chars, self.values = torch.from_numpy(chars), torch.from_numpy(values)
        order = np.random.default_rng(seed).permutation(len(chars))
        held = max(1, round(settings.held_out * len(chars)))
        self.held, self.train = order[:held], order[held:]
        if not len(self.train):
            raise UserError(f"spelling: found {len(chars)} word, expected some to learn and one to hold out")
        self.steps = -(-len(self.train) // settings.batch_words)  # an epoch
        self.loss = 0.0  # sum over the steps of this epoch
        self.cpu_seconds = 0.0  # of all steps
        self.order: npt.NDArray[np.int64] | None = None  # of its words
        self.optimizer = torch.optim.Adam(encoder.parameters(), lr=settings.learning_rate, fused=True)

    def run(self) -> list[Epoch]:
        """Train to the end, from the last checkpoint if there is one; return all epochs.

        Raises a `UserError` if the loss is no longer a number, and `Stopped` on SIGTERM and Ctrl-C.
        """
        self._resume()
        total, batch = self.settings.epochs * self.steps, self.settings.batch_words
        meter = Meter("spelling", "words", total * batch, self.step * batch)
        with stop_request() as stop:
            while self.step < total:
                if stop.signum is not None:
                    self._save()
                    raise Stopped(
                        f"spelling: stopped after step {self.step:,} of {total:,}; run again to go on", stop.signum
                    )
                loss = self._step(total)
                meter.add(batch, f"loss {loss:.3f}")
                if self.step % self.steps == 0:
                    self.epochs.append(Epoch(len(self.epochs) + 1, self.loss / self.steps, self.cosine()))
                    self.loss = 0.0
                    say("spelling: epoch {}, loss {:.3f}, cosine of held-out words {:.3f}".format(*self.epochs[-1]))
                if self.checkpoint and self.checkpoint.due():
                    self._save()
        meter.close()
        return self.epochs

    @torch.no_grad()
    def cosine(self) -> float:
        """Return the mean cosine of the held-out words, from -1 to 1."""
        self.encoder.eval()
        parts = np.array_split(self.held, -(-len(self.held) // TYPES_A_BATCH))
        cosines = [
            cosine_similarity(self.encoder(self.chars[part]), self.values[part].to(self.device)) for part in parts
        ]
        return float(torch.cat(cosines).mean())

    def _step(self, total: int) -> float:
        started = time.process_time()
        epoch, number = divmod(self.step, self.steps)
        if self.order is None or not number:
            self.order = np.random.default_rng([self.seed, epoch]).permutation(self.train)
        batch = self.order[number * self.settings.batch_words :][: self.settings.batch_words]
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.learning_rate * (1 - self.step / total)
        self.encoder.train()
        self.optimizer.zero_grad()
        # (words, width) both
        loss = mse_loss(self.encoder(self.chars[batch]), self.values[batch].to(self.device))
        loss.backward()
        if not np.isfinite(value := loss.item()):
            fault = f"found a loss of {value} at step {self.step + 1:,} of {total:,}, expected a number"
            raise UserError(f"spelling: {fault}; lower charcnn.spelling.learning_rate in params.yaml")
        self.optimizer.step()
        self.step += 1
        self.loss += value
        self.cpu_seconds += time.process_time() - started
        return value

    def _save(self) -> None:
        if self.checkpoint:
            tensors = self.encoder.state_dict() | optimizer_tensors(self.optimizer)
            facts = {"step": self.step, "loss": self.loss, "epochs": self.epochs, "cpu_seconds": self.cpu_seconds}
            self.checkpoint.save(State(tensors, facts))

    def _resume(self) -> None:
        state = self.checkpoint.load() if self.checkpoint else None
        if not state:
            return
        try:
            restore_optimizer(self.optimizer, state.tensors)
            self.encoder.load_state_dict(state.tensors)
            self.step, self.loss, self.cpu_seconds = (state.facts[key] for key in ("step", "loss", "cpu_seconds"))
            self.epochs = [Epoch(*epoch) for epoch in state.facts["epochs"]]
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            path = self.checkpoint.path if self.checkpoint else ""
            raise UserError(f"{path}: not of this run ({error}); delete it to train from the beginning") from None
        say(f"spelling: goes on after step {self.step:,}")


def write_epochs(path: Path, epochs: list[Epoch]) -> None:
    """Write spelling.csv, a row an epoch."""
    write_csv(path, Epoch._fields, epochs)
