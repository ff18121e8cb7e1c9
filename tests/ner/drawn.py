"""Sentences with the answer drawn in: 'Москва|B-LOC , столица|O'. A token without a tag is O. And small taggers."""

from typing import Any

from pipeline.ner.data.lines import RawSentence
from pipeline.ner.settings import NerSettings, TaggerSettings, TaggerSizes
from pipeline.ner.tagging.tagger import Tagger
from tests.params import PAPER


def drawn(text: str) -> RawSentence:
    pairs = [word.partition("|") for word in text.split(" ")]
    return RawSentence([token for token, _, _ in pairs], [tag or "O" for _, _, tag in pairs])


def make_tagger(labels: list[str], width: int, **sizes: Any) -> Tagger:
    """The paper's tagger, but small and without dropout, unless `sizes` says otherwise."""
    settings = make_settings(hidden=5).model_dump(include=set(TaggerSettings.model_fields))
    chosen = settings | {"lm_layers": 1, "characters": ""} | sizes
    return Tagger(TaggerSizes(labels=labels, width=width, **chosen))


def make_settings(**changes: Any) -> NerSettings:
    """The settings of the paper's tagger, but small, without dropout and quick, unless `changes` says otherwise."""
    small = {"dropout": 0.0, "hidden": 6, "layers": 1, "batch_sentences": 2, "clip": 5.0}
    return NerSettings.model_validate(PAPER | small | {"epochs": 3, "learning_rate": 0.05, "seeds": [1]} | changes)
