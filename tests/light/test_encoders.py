"""Every encoder in numpy gives what torch gives, for any word."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.files.vocabulary import SPECIALS
from pipeline.light.encoders import chars
from pipeline.light.encoders.load import load_encoder
from pipeline.light.weights import Floats
from pipeline.lm.encoders.chars import char_ids, vocabulary_char_ids
from pipeline.lm.encoders.encoder import CharEncoder
from pipeline.lm.encoders.known import KnownWords
from pipeline.lm.encoders.load import make_encoder
from pipeline.lm.encoders.words import WordVectors
from pipeline.lm.settings import OURS, CharCnnShape, KnownShape, NgramSettings, NgramShape, Reading, Shape, WordShape

WIDTH = 6
KNOWN = ["дом", "Дом", "кот", "а" * 40, "а" * 41, ".", "<S>"]
"""Two of them are cut to the same characters."""
ANY = st.characters(exclude_categories=[])
WORDS = st.sampled_from([*KNOWN, "</S>", "<UNK>", "«Заря»", "2019", "", "ё" * 24, "x" * 47, "x" * 48]) | st.text(ANY)
Pair = tuple[CharEncoder, Callable[[list[str]], Floats]]
"""An encoder with random weights, and what maps words to its vectors without torch."""
THEIRS = Reading(characters=30, marks=True, lemmas="rusvectores", lowercase=True)


def cnn(**changes: Any) -> CharCnnShape:
    sizes = {"embedding": 5, "filters": [(1, 3), (3, 4), (4, 2)], "highway": 1, "activation": "relu", "projects": True}
    return CharCnnShape.model_validate({"encoder": "cnn", "projection": WIDTH, "reading": OURS} | sizes | changes)


def ngrams(lengths: list[int], reading: Reading = OURS) -> NgramShape:
    sizes = NgramSettings(lengths=lengths, buckets=97, width=5)
    return NgramShape(encoder="ngrams", ngrams=sizes, projection=WIDTH, reading=reading)


SHAPES: dict[str, Shape] = {
    "cnn": cnn(),
    "cnn of ELMo's kind": cnn(highway=2, activation="tanh", reading=THEIRS),
    "cnn without a projection": cnn(highway=0, projects=False, projection=9),
    "ngrams": ngrams([2, 3, 4]),
    "ngrams that short words lack": ngrams([5, 30], THEIRS),
    "vectors": WordShape(encoder="vectors", words=len(KNOWN), projection=WIDTH, reading=OURS),
    "known": KnownShape(encoder="known", words=len(KNOWN), others=ngrams([1, 3], THEIRS)),
    "known, with a cnn": KnownShape(encoder="known", words=len(KNOWN), others=cnn()),
}


@pytest.fixture(scope="module", params=SHAPES)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    torch.manual_seed(1)
    module = make_encoder(SHAPES[request.param]).eval()
    words = module if isinstance(module, WordVectors) else module.known if isinstance(module, KnownWords) else None
    if words:
        values = np.random.default_rng(1).normal(size=(len(KNOWN), WIDTH)).astype(np.float32)
        words.fill(char_ids(KNOWN, module.shape.reading), values)
        words.table[-1] = 0.5
    folder = tmp_path_factory.mktemp("encoder")
    module.save(folder)
    encode, reading = load_encoder(folder)
    return module, lambda types: encode(chars.char_ids(types, reading))


@given(st.lists(WORDS, max_size=12))
@settings(max_examples=60)
def test_vectors_are_those_of_torch(pair: Pair, words: list[str]) -> None:
    module, encode = pair
    expected = module.vectors(char_ids([*words, "слово"], module.shape.reading))
    np.testing.assert_allclose(encode([*words, "слово"]), expected, atol=1e-6, rtol=1e-5)


def test_boundaries_are_those_of_torch() -> None:
    reading = chars.Reading(30, False, "plain", False)
    ours = Reading(characters=30, marks=False, lemmas="plain", lowercase=False)
    np.testing.assert_array_equal(chars.boundary_ids(reading), vocabulary_char_ids(SPECIALS, ours)[:2])
