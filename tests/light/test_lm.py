"""Every language model in numpy gives what torch gives, whatever its cells and sizes, for sentences of any length."""

from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.light.cells import CELLS, attention
from pipeline.light.lm import LanguageModel
from pipeline.light.packed import Packed
from pipeline.lm.bilm import BiLM
from pipeline.lm.embed import Config, Embedder, save_lm
from pipeline.lm.encoders.load import make_encoder
from pipeline.lm.settings import NO_CELL, LmSettings
from pipeline.ner.settings import FeatureKind
from pipeline.ner.tagging.examples import choose_embed
from tests.lm.conftest import small_charcnn
from tests.lm.project import training
from tests.lm.world import arch_of

CPU = torch.device("cpu")
WORDS = ["мама", "мыть", "рама", ".", "«", "Санкт-Петербург", "1999", "</S>"]
LENGTHS = [40, 33, 17, 17, 16, 15, 7, 2, 1, 1]
"""Those of hgrn2's stretches of 16 tokens and of one token more or fewer; each sentence has a boundary before it."""


def write_lm(folder: Path, cell: str, hidden: int, residual: bool) -> None:
    """Write a language model whose weights are all random, also those that are constant at first."""
    torch.manual_seed(1)
    settings = LmSettings(hidden=hidden, softmax_from_vectors=False, training=training())
    arch = arch_of(cell, 0 if cell == NO_CELL else 2, residual)
    encoder = make_encoder(small_charcnn("ngrams").shape())
    model = None if cell == NO_CELL else BiLM(arch, settings, encoder.shape.projection, 43)
    for parameter in () if model is None else model.parameters():
        parameter.data += 0.2 * torch.randn_like(parameter)
    encoder.save(folder)
    save_lm(folder, Config(name=cell, arch=arch, lm=settings, vocabulary_size=43), model)


@pytest.mark.parametrize("kind", ["top", "mix", "states"])
@pytest.mark.parametrize("residual", [False, True], ids=["plain", "residual"])
@pytest.mark.parametrize("hidden", [16, 22])
@pytest.mark.parametrize("cell", [NO_CELL, *CELLS])
def test_vectors_are_those_of_torch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cell: str, hidden: int, residual: bool, kind: FeatureKind
) -> None:
    """The encoder's vectors have 16 numbers: layers as wide as their inputs are of another form."""
    monkeypatch.setattr(attention, "SCORES", 10_000)  # several groups of sentences
    write_lm(tmp_path, cell, hidden, residual)
    random = np.random.default_rng(1)
    sentences = [random.choice(WORDS, length).tolist() for length in LENGTHS]
    expected = np.concatenate(choose_embed(Embedder.load(tmp_path, CPU, quick=True), kind)(sentences))
    light, places = LanguageModel(tmp_path, kind), Packed(np.array(LENGTHS))
    vectors = light([word for sentence in sentences for word in sentence], places)
    assert vectors.dtype == np.float32 and vectors.shape[1] == light.width
    np.testing.assert_allclose(vectors, expected[places.order], atol=1e-5, rtol=1e-5)
