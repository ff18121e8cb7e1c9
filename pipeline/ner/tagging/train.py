"""Training of one tagger on frozen features (paper: Adam, 1e-3, 20 epochs, batches of 128)."""

import copy
from typing import NamedTuple

import numpy as np
import torch

from pipeline.errors import UserError
from pipeline.ner.scoring.scores import count, entity_f1, token_f1
from pipeline.ner.settings import NerSettings
from pipeline.ner.tagging.batches import Indices, training_batches
from pipeline.ner.tagging.examples import Examples
from pipeline.ner.tagging.predict import load_batch, predict
from pipeline.ner.tagging.tagger import Tagger
from pipeline.protocol import EpochRule
from pipeline.work.progress import Meter


class Epoch(NamedTuple):
    """What one epoch was like."""

    epoch: int
    train_loss: float
    validation_entity_f1: float
    validation_token_f1: float


def train_tagger(
    train: Examples,
    validation: Examples,
    labels: list[str],
    settings: NerSettings,
    seed: int,
    device: torch.device,
    rule: EpochRule = "best",
) -> tuple[Tagger, list[Epoch]]:
    """Train for all epochs; return the tagger as it was after the one that the rule keeps, and all of them.

    Equal arguments give equal weights on the same machine. Sets torch's global seed.
    """
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    sizes = (train.features.width, settings.hidden, settings.layers, settings.dropout)
    tagger = Tagger(labels, *sizes, settings.features, train.layers).to(device)
    optimizer = torch.optim.Adam(tagger.parameters(), lr=settings.learning_rate, fused=True)
    epochs: list[Epoch] = []
    kept: dict[str, torch.Tensor] = {}
    meter = Meter(f"tagger, seed {seed}", "tokens", settings.epochs * len(train.tags))
    for number in range(1, settings.epochs + 1):
        loss = _train_epoch(tagger, optimizer, train, settings, random, meter, number)
        epochs.append(_validate(tagger, validation, number, loss))
        if kept_epoch(epochs, rule) is epochs[-1]:
            kept = copy.deepcopy(tagger.state_dict())
    meter.close()
    tagger.load_state_dict(kept)
    return tagger.eval(), epochs


def kept_epoch(epochs: list[Epoch], rule: EpochRule) -> Epoch:
    """The last epoch, or the first of those with the best entity F1 on validation."""
    return epochs[-1] if rule == "last" else max(epochs, key=lambda epoch: epoch.validation_entity_f1)


def _train_epoch(
    tagger: Tagger,
    optimizer: torch.optim.Optimizer,
    train: Examples,
    settings: NerSettings,
    random: np.random.Generator,
    meter: Meter,
    number: int,
) -> float:
    """One pass over the training split in a new order; return the mean loss of a sentence."""
    tagger.train()
    total = 0.0
    batches = training_batches(train.features.lengths, settings.batch_sentences, random)
    for step, batch in enumerate(batches, 1):
        loss = _step(tagger, optimizer, train, batch, settings.clip)
        if not np.isfinite(loss):
            raise UserError(
                f"tagger: found a loss of {loss} in epoch {number}, step {step} of {len(batches)}, expected a number; "
                "lower ner.learning_rate or ner.clip in params.yaml"
            )
        total += loss * len(batch)
        meter.add(int(train.features.lengths[batch].sum()), f"epoch {number}, loss {loss:.3f}")
    return total / len(train.features)


def _step(tagger: Tagger, optimizer: torch.optim.Optimizer, train: Examples, batch: Indices, clip: float) -> float:
    rows = train.features.rows(batch)
    features, lengths = load_batch(tagger, train.features, batch, rows)
    tags = torch.from_numpy(train.tags[rows]).to(features.device)
    optimizer.zero_grad()
    loss = tagger.loss(features, lengths, tags)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(tagger.parameters(), clip)
    optimizer.step()
    return loss.item()


def _validate(tagger: Tagger, validation: Examples, number: int, loss: float) -> Epoch:
    counts = count(validation.tags, predict(tagger, validation.features), validation.features.lengths, tagger.labels)
    return Epoch(
        epoch=number,
        train_loss=loss,
        validation_entity_f1=float(entity_f1(counts.entities.sum(0))),
        validation_token_f1=float(token_f1(counts.tokens.sum(0))),
    )
