"""The `ner` and `evaluate` blocks of a scale."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from pipeline.settings import Seed, Settings


class NerSettings(Settings):
    """The tagger (paper: BiLSTM 2x120, ReLU, linear, CRF) and its training."""

    features: Literal["top"]
    """Which layers of the language model the tagger reads; `top` is the paper's."""
    hidden: Annotated[int, Field(gt=0)]
    """Units of the BiLSTM in each direction."""
    layers: Annotated[int, Field(gt=0)]
    """Layers of the BiLSTM."""
    dropout: Annotated[float, Field(ge=0, lt=1)]
    """Dropout on the frozen features and on the BiLSTM's output, in training."""
    batch_sentences: Annotated[int, Field(gt=0)]
    """Sentences a step."""
    epochs: Annotated[int, Field(gt=0)]
    """Passes over the training split; validation entity F1 chooses the one to keep."""
    learning_rate: Annotated[float, Field(gt=0)]
    """Adam's step size."""
    clip: Annotated[float, Field(gt=0)]
    """Largest norm of the gradient."""
    seeds: Annotated[list[Seed], Field(min_length=1)]
    """One tagger is trained for each; scores are means over them."""

    @field_validator("seeds")
    @classmethod
    def _are_different(cls, seeds: list[int]) -> list[int]:
        if len(set(seeds)) < len(seeds):
            raise ValueError("expected every seed once")
        return seeds


class EvaluateSettings(Settings):
    """How sure a score is."""

    bootstrap: Annotated[int, Field(gt=0)]
    """Resamples of the test sentences for the 95 % interval."""
