"""Length-bucketed batches."""

from pathlib import Path

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.files.ids import IdSequences, write_ids
from pipeline.files.vocabulary import BEGIN, END, UNKNOWN
from pipeline.lm.training.batches import make_batch, plan_batches


@given(
    lengths=st.lists(st.integers(1, 60), min_size=1, max_size=200),
    batch_tokens=st.integers(1, 300),
    seed=st.integers(0, 5),
)
def test_every_text_once_and_within_the_budget(lengths: list[int], batch_tokens: int, seed: int) -> None:
    sizes = np.array(lengths)
    batches = plan_batches(sizes, batch_tokens, np.random.default_rng(seed))
    assert sorted(np.concatenate(batches)) == list(range(len(sizes)))
    for batch in batches:
        assert sizes[batch].max() * len(batch) <= batch_tokens or len(batch) == 1


def test_little_padding() -> None:
    lengths = np.random.default_rng(0).integers(1, 200, 20_000)
    batches = plan_batches(lengths, 3200, np.random.default_rng(1))
    positions = sum(lengths[batch].max() * len(batch) for batch in batches)
    assert 1 - lengths.sum() / positions < 0.02


def test_the_same_seed_gives_the_same_plan_and_another_seed_another() -> None:
    lengths = np.arange(1, 100)
    plans = [plan_batches(lengths, 200, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    same = [all(np.array_equal(a, b) for a, b in zip(plans[0], plan, strict=False)) for plan in plans[1:]]
    assert same == [True, False]


def test_a_batch_drawn_out(tmp_path: Path) -> None:
    write_ids(tmp_path, "train", [[5, 6, 7], [8, 99]])
    batch = make_batch(IdSequences(tmp_path, "train", 2**31), np.array([0, 1]), predicted=50)
    x = UNKNOWN
    assert batch.inputs[0].T.tolist() == [[BEGIN, 5, 6], [BEGIN, 8, 99]]
    assert batch.inputs[1].T.tolist() == [[END, 7, 6], [END, 99, 8]]
    assert batch.inputs.dtype == torch.int64
    assert batch.targets.tolist() == [x, x, 5, 5, 6, 6, 7, 7, 8, 8]  # 99 is beyond the softmax
    table = torch.full(batch.inputs.shape, -1)
    table.view(-1)[batch.positions] = batch.targets
    assert table[0].T.tolist() == [[5, 6, 7], [8, x, -1]]
    assert table[1].T.tolist() == [[7, 6, 5], [x, 8, -1]]
