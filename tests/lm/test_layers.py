"""All layers of a language model, counted as in ELMo, and the vectors of types below them."""

from typing import Literal

import numpy as np
import pytest
import torch

from pipeline.files.vocabulary import SPECIALS
from pipeline.lm import embed
from pipeline.lm.bilm import BiLM
from pipeline.lm.embed import Embedder
from pipeline.lm.encoders.charcnn import CharCnn
from pipeline.lm.encoders.chars import char_ids
from pipeline.lm.encoders.load import make_encoder
from pipeline.lm.settings import CharCnnShape, LmSettings
from tests.lm.conftest import small_charcnn
from tests.lm.world import arch_of

SENTENCES = [["мама", "мыть", "рама"], ["дождь"], ["рама", "дождь", "мама", "мама"]]
CPU = torch.device("cpu")


def embedder(cell: str, layers: int, charcnn: CharCnnShape, settings: LmSettings, residual: bool = False) -> Embedder:
    torch.manual_seed(1)  # and the char-CNN first, so that all have the same
    below = CharCnn(charcnn).eval()
    arch = arch_of(cell, layers, residual)
    model = None if cell == "none" else BiLM(arch, settings, charcnn.projection, vocabulary_size=43).eval()
    return Embedder(below, model, CPU)


@pytest.mark.parametrize(("cell", "layers"), [("none", 0), ("gru", 1), ("sru", 3)])
def test_the_lowest_layer_is_the_charcnn_twice_and_the_highest_what_embed_gives(
    cell: str, layers: int, charcnn_shape: CharCnnShape, lm_settings: LmSettings
) -> None:
    whole = embedder(cell, layers, charcnn_shape, lm_settings)
    bare = embedder("none", 0, charcnn_shape, lm_settings).embed(SENTENCES)
    width = 2 * charcnn_shape.projection
    for sentence, every, top, below in zip(
        SENTENCES, whole.layers(SENTENCES), whole.embed(SENTENCES), bare, strict=True
    ):
        assert every.shape == (layers + 1, len(sentence), width)
        assert np.array_equal(every[0], below)
        assert np.array_equal(every[0][:, : width // 2], every[0][:, width // 2 :])
        np.testing.assert_allclose(every[-1], top, atol=1e-6)


@pytest.mark.parametrize("residual", [False, True])
def test_a_layer_is_that_of_a_language_model_that_ends_with_it(
    charcnn_shape: CharCnnShape, lm_settings: LmSettings, residual: bool
) -> None:
    wide = lm_settings.model_copy(update={"hidden": 24})
    deep = embedder("gru", 3, charcnn_shape, wide, residual)
    for depth in (1, 2, 3):
        shallow = embedder("gru", depth, charcnn_shape, wide, residual)
        assert deep.model and shallow.model
        weights = deep.model.state_dict()
        shallow.model.load_state_dict({name: weights[name] for name in shallow.model.state_dict()})
        for layers, top in zip(deep.layers(SENTENCES), shallow.embed(SENTENCES), strict=True):
            np.testing.assert_allclose(layers[depth], top, atol=1e-6)


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize("encoder", ["cnn", "ngrams"])
def test_vectors_of_types_are_those_of_the_encoder_and_no_more_than_the_limit(
    encoder: Literal["cnn", "ngrams"], quick: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    charcnn = make_encoder(small_charcnn(encoder).shape).eval()
    monkeypatch.setattr(embed, "LIMIT", 40)
    table, known = Embedder(charcnn, None, CPU, quick), set()
    for number in range(12):
        sentences = [[f"слово{i}" * (i % 7 + 1), "в"] for i in range(5 * number, 5 * number + 8)]
        vectors = table.read(sentences)
        assert table._used <= 40 + len(SPECIALS)
        for column, sentence in enumerate(sentences):
            known |= set(sentence)
            expected = torch.from_numpy(charcnn.vectors(char_ids(sentence)))
            torch.testing.assert_close(vectors[0, 1:, column], expected, atol=1e-5 if quick else 0, rtol=0)
            torch.testing.assert_close(vectors[1, 1:, column], expected.flip(0), atol=1e-5 if quick else 0, rtol=0)
    assert len(known) > 40


def test_the_table_of_types_does_not_change_while_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embed, "LIMIT", 10)
    embedder = Embedder(make_encoder(small_charcnn().shape).eval(), None, CPU)
    embedder.read([["раз", "два"]])
    table, before = embedder._table, embedder._table.clone()
    used = embedder._used
    for number in range(5):
        embedder.read([[f"ещё{number}-{i}" for i in range(4)]])
    assert torch.equal(table[:used], before[:used])
