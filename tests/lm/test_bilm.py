"""What a bidirectional language model may and may not see, and the paper's parameter counts."""

from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.files.ids import IdSequences, write_ids
from pipeline.lm.bilm import BiLM
from pipeline.lm.settings import LmSettings
from pipeline.lm.training.batches import align, make_batch
from pipeline.params import load_params
from tests.lm.world import ARCHS, CELLS, arch_of
from tests.lm.project import ROOT


def model(cell: str, settings: LmSettings, layers: int = 2) -> BiLM:
    torch.manual_seed(0)
    return BiLM(arch_of(cell, layers), settings, width=8, vocabulary_size=43).eval()


def vectors(rows: list[list[int]]) -> torch.Tensor:
    """Some vector for every id, read by both directions: (2, longest + 1, batch, 8)."""
    table = torch.randn(43, 8, generator=torch.Generator().manual_seed(1))
    return table[align([np.array(row, dtype=np.int32) for row in rows])]


@pytest.mark.parametrize("cell", CELLS)
def test_padding_and_batch_mates_change_nothing(cell: str, lm_settings: LmSettings) -> None:
    rows = [[5, 6, 7], [8], [9, 10, 11, 12, 13, 14]]
    network = model(cell, lm_settings)
    together = network(vectors(rows))
    for column, row in enumerate(rows):
        alone = network(vectors([row]))[:, :, 0]
        torch.testing.assert_close(together[:, : len(row) + 1, column], alone)


@pytest.mark.parametrize("cell", CELLS)
def test_a_direction_never_sees_what_it_predicts(cell: str, lm_settings: LmSettings) -> None:
    network = model(cell, lm_settings)
    row, changed = [5, 6, 7, 8, 9], [5, 6, 20, 8, 9]
    before, after = network(vectors([row])), network(vectors([changed]))
    # Position t has read the boundary and t tokens: forward the first t, backward the last t.
    torch.testing.assert_close(before[0, :3], after[0, :3])
    torch.testing.assert_close(before[1, :3], after[1, :3])
    assert not torch.allclose(before[0, 3], after[0, 3])
    assert not torch.allclose(before[1, 3], after[1, 3])


@pytest.mark.parametrize("cell", CELLS)
def test_reversing_the_text_swaps_the_directions(cell: str, lm_settings: LmSettings) -> None:
    network = model(cell, lm_settings)
    network.directions[1].load_state_dict(network.directions[0].state_dict())
    row = [5, 6, 7, 8, 9]
    forward, backward = vectors([row]), vectors([row[::-1]])
    forward[:, 0], backward[:, 0] = 0, 0  # the two boundaries differ; the directions must not
    torch.testing.assert_close(network(forward), network(backward).flip(0))


def test_loss_is_the_full_softmax_and_skips_padding(lm_settings: LmSettings, tmp_path: Path) -> None:
    network = model("gru", lm_settings)
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
