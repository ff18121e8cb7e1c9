"""What is done to a running `pretrain` leaves no trace in what it computes."""

import os
import random
import re
import signal
import subprocess
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
def test_killed_thirty_times_at_random(make: Make, undisturbed: Project) -> None:
    project, chance, kills = make("killed"), random.Random(1), 0
    started = time.monotonic()
    project.run()
    duration = time.monotonic() - started
    while kills < KILLS:
        if project.lm.exists():  # it was faster than the blow
            assert project.results() == undisturbed.results()
            project.forget_results()
        process = project.start()
        process.join(chance.uniform(0, duration))
        process.kill()
        process.join()
        kills += process.exitcode == -signal.SIGKILL
    assert project.run()[0] == 0
    assert_no_trace(project, undisturbed)
    resumed = (project.folder / "stderr").read_text(encoding="utf-8").count("goes on after step")
    assert resumed > KILLS // 4, "nearly all kills came before the first checkpoint"


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_asked_to_leave_it_saves_and_leaves(make: Make, undisturbed: Project, signum: int, code: int) -> None:
    project = make("asked")
    project.edit(lambda params: params["compute"].update(checkpoint_minutes=1000))  # none but the one asked for
    process = project.start()
    project.wait_for_step(process)
    assert process.pid
    os.kill(process.pid, signum)
    process.join(10)
    assert process.exitcode == code
    taken = len(project.steps())
    assert project.said().startswith(f"error: pretrain sru: stopped after step {taken} of")
    assert "what is done is saved, run again to go on" in project.said()
    assert project.run()[0] == 0
    assert len(project.steps()) == len(set(project.steps())), "a step was taken twice"
    assert_no_trace(project, undisturbed)


def test_another_architecture_does_not_go_on_with_it(make: Make) -> None:
    project, alone = make("switched"), make("alone")
    process = project.start()
    project.wait_for_step(process)
    process.kill()
    process.join()
    project.losses.unlink()
    for each in (project, alone):
        each.edit(lambda params: params.update(arch="gru"))
        assert each.run()[0] == 0
    assert project.steps() == alone.steps() and project.results() == alone.results()
    assert len(list(project.checkpoints.iterdir())) == 1, "the sru's is still there"


def test_two_processes_do_not_train_the_same(make: Make, undisturbed: Project) -> None:
    project = make("twice")
    process = project.start()
    project.wait_for_step(process)
    os.kill(process.pid or 0, signal.SIGSTOP)
    code, said = project.run()
    os.kill(process.pid or 0, signal.SIGCONT)
    assert code == 1 and f"process {process.pid} on" in said and "is running stage pretrain" in said
    process.join()
    assert process.exitcode == 0
    assert_no_trace(project, undisturbed)


def test_an_edit_meanwhile_is_refused(make: Make, undisturbed: Project) -> None:
    project = make("edited")
    process = project.start()
    project.wait_for_step(process)
    project.edit(lambda params: params.update(seed=2))
    process.join()
    assert process.exitcode == 1
    assert "params.yaml: seed: changed while the stage ran" in project.said()
    assert not project.lm.exists() and not (project.folder / "metrics" / "pretrain.json").exists()
    project.edit(lambda params: params.update(seed=1))
    taken = len(project.steps())
    assert project.run()[0] == 0 and len(project.steps()) == taken, "nothing is computed again"
    assert_no_trace(project, undisturbed)


def test_an_input_edited_meanwhile_is_refused(make: Make) -> None:
    project = make("input")
    table = (project.folder / "models" / "charcnn").resolve()
    (project.folder / "models" / "charcnn").unlink()
    subprocess.run(["cp", "-r", table, project.folder / "models" / "charcnn"], check=True)
    process = project.start()
    project.wait_for_step(process)
    with (project.folder / "models" / "charcnn" / "vectors.npy").open("ab") as file:
        file.write(b"0")
    process.join()
    assert process.exitcode == 1
    assert "models/charcnn: changed while the stage ran" in project.said() and not project.lm.exists()


def test_a_loss_that_explodes_names_the_step_and_a_checkpoint_from_before(make: Make) -> None:
    project = make("exploding")
    settings = {"learning_rate": 10.0, "clip": 1e9, "warmup": 0.9}
    project.edit(lambda params: params["scales"]["demo"]["lm"]["training"].update(settings))
    code, said = project.run()
    (checkpoint,) = project.checkpoints.glob("*/state.safetensors")
    failed, saved = (int(number) for number in re.findall(r" step (\d+)", said))
    assert code == 1 and "lower learning_rate" in said
    assert f"the last checkpoint, {checkpoint.relative_to(project.folder)}, is of step " in said
    assert saved == failed - 2, "the weights of the step before gave the loss that is too large"
    assert all(bool(tensor.isfinite().all()) for tensor in load_file(checkpoint).values())


def test_a_checkpoint_survives_a_full_disk_and_is_refused_if_damaged(make: Make, undisturbed: Project) -> None:
    project = make("full")
    process = project.start()
    project.wait_for_step(process)
    process.kill()
    process.join()
    (checkpoint,) = project.checkpoints.glob("*/state.safetensors")
    whole = checkpoint.read_bytes()
    code, said = project.run(limit=len(whole) // 2)
    assert code == 1 and "could not be saved" in said and "make room and run again" in said
    assert checkpoint.read_bytes() == whole and not list(project.folder.rglob("*.partial"))
    checkpoint.write_bytes(whole[:-100])
    code, said = project.run()
    assert code == 1 and "cannot be read as a checkpoint" in said and "delete it" in said
    save_file({"weight": torch.zeros(2)}, checkpoint, {"facts": '{"step": 1}'})
    code, said = project.run()
    assert code == 1 and "state.safetensors: not of this run" in said and "delete it" in said
    checkpoint.write_bytes(whole)
    assert project.run()[0] == 0
    assert_no_trace(project, undisturbed)
