"""Sentences with the answer drawn in: 'Москва|B-LOC , столица|O'. A token without a tag is O."""

from typing import Any

from pipeline.ner.data.lines import RawSentence
from pipeline.ner.settings import NerSettings, TaggerSizes
from pipeline.ner.tagging.tagger import Tagger


def drawn(text: str) -> RawSentence:
    pairs = [word.partition("|") for word in text.split(" ")]
    return RawSentence([token for token, _, _ in pairs], [tag or "O" for _, _, tag in pairs])


def make_tagger(labels: list[str], width: int, **sizes: Any) -> Tagger:
    """A tagger of the top layer, unless `sizes` says otherwise."""
    chosen = {"hidden": 5, "layers": 1, "dropout": 0.0, "features": "top", "lm_layers": 1, **sizes}
    return Tagger(TaggerSizes(labels=labels, width=width, **chosen))


def make_settings(**changes: Any) -> NerSettings:
    """Of a small tagger, unless `changes` says otherwise."""
    values = {"features": "top", "hidden": 6, "layers": 1, "dropout": 0.0, "batch_sentences": 2, "clip": 5.0}
    return NerSettings.model_validate(values | {"epochs": 3, "learning_rate": 0.05, "seeds": [1]} | changes)
