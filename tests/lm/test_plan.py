"""The course of a run follows from settings and seed: length-bucketed batches, and the parts of every step."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.files.ids import IdSequences, write_ids
from pipeline.files.vocabulary import BEGIN, END, UNKNOWN
from pipeline.lm.training.batches import make_batch, plan_batches
from pipeline.lm.training.plan import Plan
from tests.lm.project import training

LENGTHS = np.random.default_rng(0).integers(1, 60, 700)


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
    assert np.diff([lengths[batch].max() for batch in batches[:9]]).min() < 0, "batches are shuffled too"


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


def plan(processes: int = 1, seed: int = 1, **changes: object) -> Plan:
    return Plan(LENGTHS, training(**changes), seed, processes)


def test_epochs_may_be_parts() -> None:
    one = len(plan(epochs=1))
    assert len(plan(epochs=0.5)) == round(one / 2)
    assert len(plan(epochs=2.5)) == pytest.approx(2.5 * one, abs=2)
    assert not np.array_equal(*(np.concatenate(plan(epochs=2).steps).reshape(2, -1))), "each has an order of its own"


def test_the_rate_rises_then_falls_to_a_tenth() -> None:
    course = plan(epochs=10, warmup=0.2, learning_rate=0.01)
    rates = [course.rate(step) for step in range(len(course))]
    top = round(0.2 * len(rates))
    assert rates[0] == pytest.approx(0.01 / top) and max(rates) == pytest.approx(0.01)
    assert rates[: top + 1] == sorted(rates[: top + 1]) and rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[-1] == pytest.approx(0.001, rel=0.01)


@pytest.mark.parametrize(("accumulation", "processes", "parts"), [(1, 1, 1), (1, 2, 2), (3, 2, 4), (4, 2, 4)])
def test_every_process_has_work_and_every_text_is_read_once(accumulation: int, processes: int, parts: int) -> None:
    course = plan(processes, accumulation=accumulation, batch_tokens=200)
    assert course.parts == parts and min(len(texts) for texts in course.steps) < 4
    for step, texts in enumerate(course.steps):
        shares = course.split(step)
        assert len(shares) == min(parts, max(len(texts), processes))
        assert sorted(np.concatenate([part.texts for part in shares if part.counts])) == sorted(texts)
        assert all(len(part.texts) for part in shares)
    assert sum(course.tokens(step) for step in range(len(course))) == LENGTHS.sum()
    padded = sum(LENGTHS[texts].max() * len(texts) for texts in course.steps)
    positions = sum(course.positions(step) for step in range(len(course)))
    assert positions == padded if parts == 1 else LENGTHS.sum() <= positions <= padded
    alone = plan(processes, batch_tokens=1)  # a text a step, which the other processes repeat
    assert sum(map(alone.positions, range(len(alone)))) == LENGTHS.sum()


def test_parts_are_alike() -> None:
    course = plan(accumulation=4, batch_tokens=2000)
    for step in range(len(course)):
        tokens = [LENGTHS[part.texts].sum() for part in course.split(step)]
        assert max(tokens) - min(tokens) <= 2 * 60


def test_the_same_seed_gives_the_same_course_and_no_two_parts_share_a_seed() -> None:
    course, again, other = (plan(accumulation=2, seed=seed) for seed in (1, 1, 2))
    same = [all(map(np.array_equal, course.steps, each.steps)) for each in (again, other)]
    assert same == [True, False]
    seeds, seeds_again = ([p.seed for step in range(len(c)) for p in c.split(step)] for c in (course, again))
    assert len(set(seeds)) == len(seeds) and all(0 <= seed < 2**63 for seed in seeds) and seeds == seeds_again
