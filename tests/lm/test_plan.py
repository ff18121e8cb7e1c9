"""The course of a run follows from settings and seed."""

import numpy as np
import pytest

from pipeline.lm.training.plan import Plan
from tests.lm.project import training

LENGTHS = np.random.default_rng(0).integers(1, 60, 700)


def plan(processes: int = 1, **changes: object) -> Plan:
    return Plan(LENGTHS, training(**changes), seed=1, processes=processes)


def test_epochs_may_be_parts() -> None:
    one = len(plan(epochs=1))
    assert len(plan(epochs=0.5)) == round(one / 2)
    assert len(plan(epochs=2.5)) == pytest.approx(2.5 * one, abs=2)


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


def test_parts_are_alike() -> None:
    course = plan(accumulation=4, batch_tokens=2000)
    for step in range(len(course)):
        tokens = [LENGTHS[part.texts].sum() for part in course.split(step)]
        assert max(tokens) - min(tokens) <= 2 * 60


def test_positions_are_counted_as_computed() -> None:
    course = plan(batch_tokens=300)
    padded = sum(LENGTHS[texts].max() * len(texts) for texts in course.steps)
    assert sum(course.positions(step) for step in range(len(course))) == padded


def test_no_two_parts_share_a_seed() -> None:
    course = plan(accumulation=2)
    seeds = [part.seed for step in range(len(course)) for part in course.split(step)]
    assert len(set(seeds)) == len(seeds) and all(0 <= seed < 2**63 for seed in seeds)
    assert seeds == [part.seed for step in range(len(course)) for part in plan(accumulation=2).split(step)]
