"""A bidirectional language model: what it may and may not see, its layers, and the paper's parameter counts."""

from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch

from pipeline.files.ids import IdSequences, write_ids
from pipeline.files.vocabulary import SPECIALS
from pipeline.lm import embed
from pipeline.lm.bilm import BiLM
from pipeline.lm.embed import Embedder
from pipeline.lm.encoders.charcnn import CharCnn
from pipeline.lm.encoders.chars import char_ids, vocabulary_char_ids
from pipeline.lm.encoders.load import make_encoder
from pipeline.lm.settings import CharCnnShape, LmSettings
from pipeline.lm.training.batches import align, make_batch
from pipeline.params import load_params
from tests.lm.conftest import small_charcnn
from tests.lm.project import ROOT, training
from tests.lm.world import ARCHS, CELLS, arch_of

SENTENCES = [["мама", "мыть", "рама"], ["дождь"], ["рама", "дождь", "мама", "мама"]]
CPU = torch.device("cpu")
SETTINGS = LmSettings(hidden=16, softmax_from_vectors=False, training=training())


def model(cell: str) -> BiLM:
    torch.manual_seed(0)
    return BiLM(arch_of(cell), SETTINGS, width=8, vocabulary_size=43).eval()


def vectors(rows: list[list[int]]) -> torch.Tensor:
    """Some vector for every id, read by both directions: (2, longest + 1, batch, 8)."""
    table = torch.randn(43, 8, generator=torch.Generator().manual_seed(1))
    return table[align([np.array(row, dtype=np.int32) for row in rows])]


@pytest.mark.parametrize("cell", CELLS)
def test_padding_and_batch_mates_change_nothing(cell: str) -> None:
    rows = [[5, 6, 7], [8], [9, 10, 11, 12, 13, 14]]
    network = model(cell)
    together = network(vectors(rows))
    for column, row in enumerate(rows):
        alone = network(vectors([row]))[:, :, 0]
        torch.testing.assert_close(together[:, : len(row) + 1, column], alone)


@pytest.mark.parametrize("cell", CELLS)
def test_a_direction_never_sees_what_it_predicts(cell: str) -> None:
    network = model(cell)
    row, changed = [5, 6, 7, 8, 9], [5, 6, 20, 8, 9]
    before, after = network(vectors([row])), network(vectors([changed]))
    # Position t has read the boundary and t tokens: forward the first t, backward the last t.
    torch.testing.assert_close(before[0, :3], after[0, :3])
    torch.testing.assert_close(before[1, :3], after[1, :3])
    assert not torch.allclose(before[0, 3], after[0, 3])
    assert not torch.allclose(before[1, 3], after[1, 3])


@pytest.mark.parametrize("cell", CELLS)
def test_reversing_the_text_swaps_the_directions(cell: str) -> None:
    network = model(cell)
    network.directions[1].load_state_dict(network.directions[0].state_dict())
    row = [5, 6, 7, 8, 9]
    forward, backward = vectors([row]), vectors([row[::-1]])
    forward[:, 0], backward[:, 0] = 0, 0  # the two boundaries differ; the directions must not
    torch.testing.assert_close(network(forward), network(backward).flip(0))


def test_loss_is_the_full_softmax_and_skips_padding(tmp_path: Path) -> None:
    network = model("gru")
    write_ids(tmp_path, "train", [[5, 6, 7], [8]])
    batch = make_batch(IdSequences(tmp_path, "train", 2**31), np.array([0, 1]), predicted=43)
    inputs = vectors([[5, 6, 7], [8]])[:, :-1]
    probabilities = network.softmax.log_prob(network(inputs).flatten(0, 2)).view(2, 3, 2, 43)
    torch.testing.assert_close(probabilities.exp().sum(-1), torch.ones(2, 3, 2))
    targets = [[[5, 8], [6, 0], [7, 0]], [[7, 8], [6, 0], [5, 0]]]
    expected = -sum(
        probabilities[d, t, b, targets[d][t][b]] for d in range(2) for t, b in [(0, 0), (1, 0), (2, 0), (0, 1)]
    )
    torch.testing.assert_close(network.loss(inputs, batch.targets, batch.positions), expected)
    assert len(batch.targets) == 8


# paper.md, "Parameter counts", the bold column.
@pytest.mark.parametrize(
    ("arch", "millions"), [("lstm", 29.918), ("gru", 22.569), ("sru", 11.027), ("sru4", 23.626), ("sru12", 74.023)]
)
def test_parameters_are_the_papers(arch: str, millions: float) -> None:
    scale = load_params(ROOT / "params.yaml").scales["paper"]
    with torch.device("meta"):
        network = BiLM(ARCHS[arch], scale.lm, scale.charcnn.projection, vocabulary_size=43)
    assert network.recurrent_parameters() / 1e6 == pytest.approx(millions, abs=0.001)


@pytest.mark.parametrize("residual", [False, True])
def test_a_layer_is_that_of_a_language_model_that_ends_with_it(charcnn_shape: CharCnnShape, residual: bool) -> None:
    below, wide = CharCnn(charcnn_shape).eval(), SETTINGS.model_copy(update={"hidden": 24})
    one, two, three = (BiLM(arch_of("gru", depth, residual), wide, charcnn_shape.projection, 43) for depth in (1, 2, 3))
    every = Embedder(below, three.eval(), CPU).layers(SENTENCES)
    for depth, model in enumerate((one, two, three), start=1):
        model.load_state_dict({name: three.state_dict()[name] for name in model.state_dict()})
        for layers, top in zip(every, Embedder(below, model.eval(), CPU).embed(SENTENCES), strict=True):
            np.testing.assert_allclose(layers[depth], top, atol=1e-6)


@pytest.mark.parametrize("layers", [0, 2])
def test_states_are_the_token_vector_and_what_each_direction_holds_after_its_token(layers: int) -> None:
    """Layer by layer and sentence by sentence, without padding; the bare char-CNN has the vector alone."""
    charcnn = make_encoder(small_charcnn().shape()).eval()
    network = BiLM(arch_of("sru", layers), SETTINGS, width=16, vocabulary_size=43).eval() if layers else None
    embedder = Embedder(charcnn, network, CPU)
    begin, end, _ = torch.from_numpy(charcnn.vectors(vocabulary_char_ids(SPECIALS)))
    for sentence, states in zip(SENTENCES, embedder.states(SENTENCES), strict=True):
        expected = tokens = torch.from_numpy(charcnn.vectors(char_ids(sentence)))  # (tokens, 16)
        if network:
            halves = []
            for direction, boundary, read in zip(
                network.directions, (begin, end), (tokens, tokens.flip(0)), strict=True
            ):
                above = torch.stack([boundary, *read])[:, None]  # (tokens + 1, 1, 16)
                for layer in direction.layers:  # type: ignore[union-attr]
                    above = layer(above)
                halves.append(above[1:, 0])  # (tokens, 16)
            expected = torch.cat([tokens, halves[0], halves[1].flip(0)], 1)
        np.testing.assert_allclose(states, expected.detach(), atol=1e-5)
        assert states.shape[1] == embedder.widths["states"]


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize("encoder", ["cnn", "ngrams"])
def test_vectors_of_types_are_those_of_the_encoder_and_no_more_than_the_limit(
    encoder: Literal["cnn", "ngrams"], quick: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    charcnn = make_encoder(small_charcnn(encoder).shape()).eval()
    monkeypatch.setattr(embed, "LIMIT", 40)
    table, known = Embedder(charcnn, None, CPU, quick), set()
    for number in range(9):
        sentences = [[f"слово{i}" * (i % 7 + 1), "в"] for i in range(5 * number, 5 * number + 6)]
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
    embedder = Embedder(make_encoder(small_charcnn().shape()).eval(), None, CPU)
    embedder.read([["раз", "два"]])
    table, before = embedder._table, embedder._table.clone()
    used = embedder._used
    for number in range(5):
        embedder.read([[f"ещё{number}-{i}" for i in range(4)]])
    assert torch.equal(table[:used], before[:used])
