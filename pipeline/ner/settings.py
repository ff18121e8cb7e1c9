"""The `ner`, `evaluate` and `typos` blocks of a scale."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from pipeline.files.settings import Seed, Settings, Switch, each_once, rising
from pipeline.ner.data.bio import bio_labels, tag_type

MOST_RESAMPLES = 1_000_000
FeatureKind = Literal["top", "mix", "all", "states"]
"""Which layers of the language model the tagger reads.

`top`: the highest, as in the paper. `mix`: ELMo's sum of all layers with learned weights. `all`: all, side by side.
Layer 0 is the char-CNN's vector twice, as in ELMo; the bare char-CNN has no other layer. `states`: the char-CNN's
vector once and the hidden states of the top layer, before the projection that was trained to predict words.
"""
Share = Annotated[float, Field(ge=0, lt=1)]


class TaggerSettings(Settings):
    """What rebuilds a tagger, next to its labels (paper: BiLSTM 2x120, ReLU, linear, CRF)."""

    features: FeatureKind
    hidden: Annotated[int, Field(strict=True, gt=0, le=65_536)]
    """Units of the BiLSTM in each direction."""
    layers: Annotated[int, Field(strict=True, ge=0, le=1000)]
    """Layers of the BiLSTM; with 0 the linear layer reads the features themselves."""
    dropout: Share
    """Dropout on the frozen features, the surface and the BiLSTM's output, in training."""
    word_dropout: Share
    """The share of the tokens whose features are 0 in training, so that the tagger learns from their neighbours."""
    bottleneck: Annotated[int, Field(strict=True, ge=0, le=65_536)]
    """The width to which a learned linear layer brings the features, after their dropout; 0: they stay as they are."""
    standardise: Switch
    """Give every dimension of the features mean 0 and deviation 1 over the training split."""
    surface: Annotated[int, Field(strict=True, ge=0, le=4096)]
    """The width of what a char-CNN of the tagger's own makes of the token as given, letter case included; 0: none."""


class NerSettings(TaggerSettings):
    """The tagger and its training."""

    batch_sentences: Annotated[int, Field(strict=True, gt=0)]
    """Sentences in a training step."""
    epochs: Annotated[int, Field(strict=True, gt=0, le=10_000)]
    """Passes over the training split; the protocol says after which of them the tagger is kept."""
    patience: Annotated[int, Field(strict=True, ge=0)]
    """Training stops after so many epochs without a better entity F1 on validation; 0: never, nor with epoch `last`."""
    learning_rate: Annotated[float, Field(gt=0)]
    """AdamW's largest step size."""
    weight_decay: Annotated[float, Field(ge=0)]
    """Decoupled decay of all weights; with 0, AdamW is the paper's Adam."""
    warmup: Share
    """The share of the steps over which the step size rises to its largest."""
    decay: Switch
    """Whether the step size falls as a cosine, from the first step, to a hundredth, or stays after its rise."""
    lowercased: Share
    """The share of the sentences that an epoch reads in lower case (Mayhew et al. 2019), less than 1. Nothing where the
    tagger does not see the case: in a protocol in lower case, without a surface."""
    clip: Annotated[float, Field(gt=0)]
    """Largest norm of the gradient."""
    seeds: Annotated[list[Seed], Field(min_length=1), AfterValidator(each_once)]
    """One tagger is trained for each; scores are means over them."""


def _are_bio(labels: list[str]) -> list[str]:
    if labels != bio_labels(dict.fromkeys(tag_type(label) for label in labels[1:])):
        raise ValueError("expected O, then B- and I- of every type")
    return labels


Labels = Annotated[list[Annotated[str, Field(pattern=r"^[^\s\p{C}]+$")]], AfterValidator(_are_bio)]
"""All labels of tokens; the index of a label is its number."""


def _in_order(characters: str) -> str:
    if list(characters) != sorted(set(characters)):
        raise ValueError("expected each character once, in the order of their code points")
    return characters


class TaggerSizes(TaggerSettings):
    """config.json in the folder of a tagger: all that is needed to rebuild it, except the weights."""

    labels: Labels
    width: Annotated[int, Field(strict=True, gt=0)]
    """The length of a token's vector: `lm_layers` layers side by side."""
    lm_layers: Annotated[int, Field(strict=True, gt=0)]
    characters: Annotated[str, AfterValidator(_in_order)]
    """The characters that its surface channel tells apart, each once and in the order of their code points."""


class TyposSettings(Settings):
    """How many words of the test split stage `typos` misspells."""

    rates: Annotated[list[Annotated[float, Field(ge=0, le=1)]], Field(min_length=1), AfterValidator(rising)]
    """Shares of its words, each scored separately; 0 gives the scores of `evaluate`."""


class EvaluateSettings(Settings):
    """How stage `evaluate` measures the uncertainty of a score."""

    bootstrap: Annotated[int, Field(strict=True, gt=0, le=MOST_RESAMPLES)]
    """Resamples of the test sentences for the 95 % interval."""
