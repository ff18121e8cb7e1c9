"""Training of one tagger on frozen features (paper: Adam, 1e-3, 20 epochs, batches of 128)."""

import copy
import math
from functools import partial
from typing import NamedTuple

import numpy as np
import torch

from pipeline.errors import UserError
from pipeline.ner.scoring.scores import score
from pipeline.ner.settings import NerSettings, TaggerSettings, TaggerSizes
from pipeline.ner.tagging.batches import Indices, training_batches
from pipeline.ner.tagging.examples import Examples
from pipeline.ner.tagging.surface import Letters, frequent_characters, lower_letters
from pipeline.ner.tagging.tagger import Tagger, load_batch, predict
from pipeline.protocol import EpochRule
from pipeline.work.progress import Meter

LEAST = 0.01
"""The last step size of a cosine, as a share of the largest."""


class Epoch(NamedTuple):
    """The mean loss per sentence, and the scores on validation after the epoch."""

    epoch: int
    train_loss: float
    validation_entity_f1: float
    validation_token_f1: float


def train_tagger(
    train: Examples, validation: Examples, settings: NerSettings, seed: int, device: torch.device, rule: EpochRule
) -> tuple[Tagger, list[Epoch]]:
    """Train for all epochs; return the tagger as it was after the epoch that the rule chooses, and all epochs.

    Equal arguments give equal weights on the same machine. The call sets torch's global seed.
    """
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    features = train.features
    characters = frequent_characters(features.letters) if settings.surface else ""
    sizes = TaggerSizes(
        labels=train.labels,
        width=features.width,
        lm_layers=train.layers,
        characters=characters,
        **settings.model_dump(include=set(TaggerSettings.model_fields)),
    )
    tagger = Tagger(sizes)
    if settings.standardise:
        tagger.standardise(features)
    tagger = tagger.to(device)
    optimizer = torch.optim.AdamW(
        tagger.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True
    )
    steps = settings.epochs * -(-len(features.lengths) // settings.batch_sentences)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, partial(step_size, steps=steps, settings=settings))
    lowered = lower_letters(features.letters)
    epochs: list[Epoch] = []
    weights: dict[str, torch.Tensor] = {}
    meter = Meter(f"tagger, seed {seed}", "tokens", settings.epochs * len(train.tags))
    for number in range(1, settings.epochs + 1):
        tagger.train()
        loss = 0.0  # of all sentences
        batches = training_batches(features.lengths, settings.batch_sentences, random)
        letters = features.letters
        if settings.lowercased:
            chosen = random.random(len(features.lengths)) < settings.lowercased  # (sentences,)
            letters = np.where(np.repeat(chosen, features.lengths)[:, None], lowered, letters)
        for step, batch in enumerate(batches, 1):
            mean = train_step(tagger, optimizer, train, letters, batch, settings.clip)
            schedule.step()
            if not np.isfinite(mean):
                fault = f"found a loss of {mean} in epoch {number}, step {step} of {len(batches)}, expected a number"
                raise UserError(f"tagger: {fault}; lower ner.learning_rate or ner.clip in params.yaml")
            loss += mean * len(batch)
            meter.add(int(train.features.lengths[batch].sum()), f"epoch {number}, loss {mean:.3f}")
        scores = score(validation.count_tags(predict(tagger, validation.features)))
        epochs.append(Epoch(number, loss / len(train.features.lengths), scores["entity_f1"], scores["token_f1"]))
        if kept_epoch(epochs, rule) is epochs[-1]:
            weights = copy.deepcopy(tagger.state_dict())
    meter.close()
    tagger.load_state_dict(weights)
    return tagger.eval(), epochs


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
    tagger: Tagger, optimizer: torch.optim.Optimizer, train: Examples, letters: Letters, batch: Indices, clip: float
) -> float:
    """One step on the sentences of these numbers; return their mean loss. `clip` is the gradient's largest norm.

    The letters (tokens, LONGEST) of all sentences may be others than those of `train`.
    """
    rows = train.features.rows(batch)
    vectors, lengths, _ = load_batch(tagger, train.features, batch, rows)  # (tokens, width), (sentences,)
    surface, tags = (torch.from_numpy(x[rows]).to(vectors.device) for x in (letters, train.tags))
    optimizer.zero_grad()
    loss = tagger.loss(vectors, lengths, surface, tags)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(tagger.parameters(), clip)
    optimizer.step()
    return loss.item()
