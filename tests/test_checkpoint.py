"""A checkpoint is whole, of one run, and held by one process at a time."""

import os
import re
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
import torch

from pipeline.errors import UserError
from pipeline.work import checkpoint as module
from pipeline.work.checkpoint import LOCK, State, open_checkpoint

RUN = "ab12"


def state(step: int) -> State:
    return State({"weight": torch.tensor([1 / 3, float(step)]), "step": torch.tensor(2.0)}, {"step": step, "loss": 0.1})


def test_what_was_saved_comes_back_to_the_bit_until_the_run_succeeds(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), open_checkpoint(tmp_path, RUN, 1) as checkpoint:
        assert checkpoint.load() is None
        checkpoint.save(state(1))
        checkpoint.save(state(2))
        raise ZeroDivisionError
    with open_checkpoint(tmp_path, RUN, 1) as checkpoint, open_checkpoint(tmp_path, "cd34", 1) as another:
        loaded = checkpoint.load()
        assert loaded and loaded.facts == state(2).facts
        assert all(torch.equal(loaded.tensors[name], tensor) for name, tensor in state(2).tensors.items())
        assert another.load() is None
        another.path.write_bytes(b"nonsense")
        with pytest.raises(UserError, match=r"cannot be read as a checkpoint .* delete it"):
            another.load()
    assert not list(tmp_path.iterdir())


def test_a_failure_before_the_first_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), open_checkpoint(tmp_path, RUN, 1):
        raise ZeroDivisionError
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("fails", [False, True])
def test_another_process_waits_and_goes_on_from_all_that_was_saved(tmp_path: Path, fails: bool) -> None:
    code = f"""
from pathlib import Path
from pipeline.work.checkpoint import open_checkpoint
root = Path({str(tmp_path)!r})
with open_checkpoint(root, {RUN!r}, 1) as first, open_checkpoint(root, "cd34", 1) as second:
    print([checkpoint.load().facts["step"] for checkpoint in (first, second)])
"""
    with suppress(ZeroDivisionError), open_checkpoint(tmp_path, RUN, 1) as first:
        waiter = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=Path(__file__).parents[1],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert waiter.stderr
        said = waiter.stderr.readline()
        held = (
            rf"{RUN}/lock: process {os.getpid()} on \S+ is training this configuration \(since .*; waiting for its end"
        )
        assert re.search(held, said), said
        with open_checkpoint(tmp_path, "cd34", 1) as second:
            for step, checkpoint in enumerate((first, second), 7):
                checkpoint.save(state(step))
            assert waiter.poll() is None
            if fails:
                raise ZeroDivisionError
    assert waiter.communicate(timeout=60) == ("[7, 8]\n", "") and waiter.returncode == 0
    assert not list(tmp_path.iterdir())


def test_who_does_not_wait_or_holds_another_is_told_who_holds_it(tmp_path: Path) -> None:
    with open_checkpoint(tmp_path, RUN, 1), open_checkpoint(tmp_path, "cd34", 1):
        for wait in (False, True):  # this process holds others already
            held = pytest.raises(UserError, match=r"lock: process \d+ on \S+ is training this configuration")
            with held, open_checkpoint(tmp_path, RUN, 1, wait):
                pass
        assert (tmp_path / RUN / LOCK).is_file(), "the refused one touches nothing"
    assert not list(tmp_path.iterdir())


def test_nothing_is_left_to_one_that_was_killed_while_it_waited(tmp_path: Path) -> None:
    with open_checkpoint(tmp_path, RUN, 1) as checkpoint:
        checkpoint.save(state(1))
        (tmp_path / RUN / "waiting-1").touch()
    assert not list(tmp_path.iterdir())


def test_it_is_due_by_the_clock_and_a_slow_disk_does_not_take_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]

    def slow(*_: object) -> None:
        clock[0] += 30

    def minutes_until_due() -> int:
        start = clock[0]
        while not checkpoint.due():
            clock[0] += 60
        return round(clock[0] - start) // 60

    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(module, "_to_disk", slow)  # of the file, then of its folder: a minute in all
    with open_checkpoint(tmp_path, RUN, 2) as checkpoint:
        assert minutes_until_due() == 2
        checkpoint.save(state(1))
        assert minutes_until_due() == 19, "a minute of saving in twenty"
