"""All layers of a language model, counted as in ELMo."""

import numpy as np
import pytest
import torch

from pipeline.lm.bilm import BiLM
from pipeline.lm.embed import Embedder
from pipeline.lm.encoders.charcnn import CharCnn
from pipeline.lm.settings import CharCnnShape, LmSettings
from tests.lm.conftest import arch_of

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
    found = embedder(cell, layers, charcnn_shape, lm_settings)
    bare = embedder("none", 0, charcnn_shape, lm_settings).embed(SENTENCES)
    width = 2 * charcnn_shape.projection
    for sentence, own, top, below in zip(SENTENCES, found.layers(SENTENCES), found.embed(SENTENCES), bare, strict=True):
        assert own.shape == (layers + 1, len(sentence), width)
        assert np.array_equal(own[0], below)
        assert np.array_equal(own[0][:, : width // 2], own[0][:, width // 2 :])
        np.testing.assert_allclose(own[-1], top, atol=1e-6)


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
