"""What is done to a running `pretrain` leaves no trace in what it computes."""

import os
import random
import re
import shutil
import signal
import time

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.lm.project import Make, Project

KILLS = 30


def assert_no_trace(project: Project, undisturbed: Project) -> None:
    """Every loss of every process, and every byte of the results, are those of the undisturbed run."""
    assert set(project.steps()) == set(undisturbed.steps())
    assert project.results() == undisturbed.results()
    assert not list(project.checkpoints.iterdir())
    assert not list(project.folder.rglob("*.partial"))


@pytest.mark.slow
def test_killed_thirty_times_at_random(make: Make) -> None:
    project, undisturbed = make("killed"), make("long")
    for each in (project, undisturbed):
        each.edit({"lm.training.epochs": 4})
    chance, kills = random.Random(1), 0
    undisturbed.run()
    started = time.monotonic()
    project.run()
    duration = time.monotonic() - started
    while kills < KILLS:
        if project.lm.exists():  # it had finished before the kill
            assert project.results() == undisturbed.results()
            shutil.rmtree(project.lm)  # as DVC does before it reruns a stage
        process = project.start()
        process.join(chance.uniform(0, duration))
        process.kill()
        process.join()
        kills += process.exitcode == -signal.SIGKILL
    assert project.run()[0] == 0
    assert_no_trace(project, undisturbed)
    resumed = (project.folder / "stderr").read_text(encoding="utf-8").count("goes on after step")
    assert resumed > KILLS // 4, "nearly all kills came before the first checkpoint"


def test_asked_to_leave_it_saves_and_leaves(make: Make, undisturbed: Project) -> None:
    """Once by each signal, and in the midst of a step, which is then not taken."""
    project = make("asked")
    project.edit({"compute.checkpoint_minutes": 1000})  # no checkpoint but the one that the signal asks for
    for signum, code, taken in ((signal.SIGTERM, 143, 3), (signal.SIGINT, 130, 6)):
        with project.paused(after=taken) as process:
            os.kill(process.pid or 0, signum)
        assert process.exitcode == code
        assert project.said().startswith(f"error: pretrain sru: stopped after step {taken} of")
        assert "what is done is saved, run again to go on" in project.said()
    assert project.run()[0] == 0
    assert len(project.steps()) == len(set(project.steps())), "a step was taken twice"
    assert_no_trace(project, undisturbed)


def test_another_architecture_or_seed_does_not_go_on_with_it(make: Make, undisturbed: Project) -> None:
    project = make("switched")
    for other in ({"arch": "gru"}, {"arch": "sru", "seed": 2}):
        project.edit(other)
        with project.paused() as process:
            process.kill()
    project.losses.unlink()
    project.edit({"seed": 1})
    assert project.run()[0] == 0
    assert project.steps() == undisturbed.steps() and project.results() == undisturbed.results()
    assert len(list(project.checkpoints.iterdir())) == 2, "the others' are still there"


def test_two_processes_do_not_train_the_same(make: Make, undisturbed: Project) -> None:
    project = make("twice")
    with project.paused() as process:
        code, said = project.run()
        assert code == 1 and f"process {process.pid} on" in said and "is running stage pretrain" in said
    assert process.exitcode == 0
    assert_no_trace(project, undisturbed)


def test_an_edit_meanwhile_is_refused(make: Make, undisturbed: Project) -> None:
    project = make("edited")
    with project.paused() as process:
        project.edit({"seed": 2})
    assert process.exitcode == 1
    assert "params.yaml: seed: changed while the stage ran" in project.said()
    assert not project.lm.exists() and not (project.folder / "metrics" / "pretrain.json").exists()
    project.edit({"seed": 1})
    taken = len(project.steps())
    assert project.run()[0] == 0 and len(project.steps()) == taken, "nothing is computed again"
    assert_no_trace(project, undisturbed)


def test_a_loss_that_explodes_names_the_step_and_a_checkpoint_from_before(make: Make) -> None:
    project = make("exploding")
    changes = {"learning_rate": 10.0, "clip": 1e9, "warmup": 0.9, "epochs": 3}
    project.edit({f"lm.training.{name}": value for name, value in changes.items()})
    code, said = project.run()
    (checkpoint,) = project.checkpoints.glob("*/state.safetensors")
    failed, saved = (int(number) for number in re.findall(r" step (\d+)", said))
    assert code == 1 and "lower learning_rate" in said
    assert f"the last checkpoint, {checkpoint.relative_to(project.folder)}, is of step " in said
    assert saved == failed - 2, "the weights of the step before gave the loss that is too large"
    assert all(bool(tensor.isfinite().all()) for tensor in load_file(checkpoint).values())


def test_a_checkpoint_survives_a_full_disk_and_is_refused_in_another_run(make: Make, undisturbed: Project) -> None:
    project = make("full")
    with project.paused() as process:
        process.kill()
    (checkpoint,) = project.checkpoints.glob("*/state.safetensors")
    whole = checkpoint.read_bytes()
    code, said = project.run(limit=len(whole) // 2)
    assert code == 1 and "could not be saved" in said and "make room and run again" in said
    assert checkpoint.read_bytes() == whole and not list(project.folder.rglob("*.partial"))
    save_file({"weight": torch.zeros(2)}, checkpoint, {"facts": '{"step": 1}'})
    code, said = project.run()
    assert code == 1 and "state.safetensors: not of this run" in said and "delete it" in said
    checkpoint.write_bytes(whole)
    assert project.run()[0] == 0
    assert_no_trace(project, undisturbed)
