"""Several processes that share a training: the losses of one process, and a clean end when one of them dies."""

import csv
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import psutil
import pytest
from safetensors import safe_open

from pipeline.errors import UserError
from pipeline.work.processes import check_number, first_to_end
from tests.lm.project import ROOT, Make, Project


def curve(project: Project) -> list[float]:
    """All perplexities of a finished run."""
    with (project.folder / "metrics" / "pretrain.csv").open() as file:
        rows = list(csv.DictReader(file))
    return [float(row[f"{side}_perplexity"]) for row in rows for side in ("train", "validation")]


def test_two_processes_give_the_losses_of_one(make: Make, undisturbed: Project) -> None:
    """Dropout included: its masks belong to the parts of a step, not to the process that computes them."""
    project = make("pair")
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(server.getsockname()[1])}
    ranks = [{"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": "2"} for rank in "01"]  # as torchrun sets them
    processes = [project.start(rank | address) for rank in ranks]
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0, 0]
    losses, alone = ([float(loss) for _, loss in each.steps()] for each in (project, undisturbed))
    assert losses == pytest.approx(alone, rel=1e-4)
    assert curve(project) == pytest.approx(curve(undisturbed), rel=1e-4)
    assert len(project.steps()) == len(undisturbed.steps()), "only rank 0 writes"


@pytest.fixture
def job(make: Make) -> Iterator[tuple[Project, subprocess.Popen[bytes]]]:
    """`python -m pipeline pretrain` that has started two processes, which have taken a few steps."""
    project = make("job")
    project.edit({"compute.processes": 2, "lm.training.epochs": 12})
    command = [sys.executable, "-m", "pipeline", "pretrain"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_WAIT_POLICY": "PASSIVE"}
    with (project.folder / "stderr").open("w") as stderr:
        job = subprocess.Popen(command, cwd=project.folder, env=environment, stderr=stderr, start_new_session=True)
    until = time.monotonic() + 120
    while saved_steps(project) < 3 and time.monotonic() < until:
        time.sleep(0.02)
    try:
        yield project, job
    finally:
        if job.poll() is None:
            os.killpg(job.pid, signal.SIGKILL)


def test_no_more_processes_than_cores() -> None:
    check_number(2, "cpu")
    with pytest.raises(UserError, match=r"processes: found 5000, expected at most \d+: one for each of the cores"):
        check_number(5000, "cpu")


@dataclass
class Failed:
    exitcode: int
    timestamp: int


@pytest.mark.parametrize(
    ("failures", "expected"),
    [
        ({0: Failed(1, 70), 1: Failed(-9, 70)}, 1),  # rank 0 missed it, and was found first
        ({1: Failed(-9, 70), 0: Failed(-15, 71)}, 1),  # rank 0 was told by the launcher
        ({1: Failed(1, 70), 0: Failed(-15, 70)}, 1),
        ({0: Failed(1, 70), 1: Failed(-9, 100)}, 0),  # rank 1 did not listen to SIGTERM
    ],
)
def test_the_process_that_broke_the_run_is_named(failures: dict[int, Failed], expected: int) -> None:
    rank, failure = first_to_end(failures)
    assert rank == expected and failure is failures[expected]


def saved_steps(project: Project) -> int:
    """Steps before the last checkpoint."""
    for path in project.checkpoints.glob("*/state.safetensors"):
        with safe_open(path, "pt") as file:
            steps: int = json.loads(file.metadata()["facts"])["step"]
            return steps
    return 0


def ranks(job: subprocess.Popen[bytes]) -> dict[str, psutil.Process]:
    children = psutil.Process(job.pid).children(recursive=True)
    return {child.environ()["RANK"]: child for child in children if "RANK" in child.environ()}


def assert_over(project: Project, job: subprocess.Popen[bytes], processes: dict[str, psutil.Process]) -> str:
    """Nothing is left of the job but its checkpoint; return what it printed."""
    assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes.values())
    said = (project.folder / "stderr").read_text(encoding="utf-8")
    assert "Traceback" not in said and "Warning" not in said
    assert not project.lm.exists() and not list(project.folder.rglob("*.partial"))
    return said


@pytest.mark.slow
def test_a_rank_that_dies_ends_the_job_and_a_rerun_goes_on(job: tuple[Project, subprocess.Popen[bytes]]) -> None:
    """Here by one process; the number may change between two runs."""
    project, command = job
    processes = ranks(command)
    processes["1"].kill()
    assert command.wait(60) == 1
    said = assert_over(project, command, processes)
    # Rank 0 finds out by itself, or is told by the launcher, whichever is first; told as it leaves, it says no more.
    assert said.rstrip().endswith("error: 2 processes: the one of rank 1 has ended with exit code -9")
    project.edit({"compute.processes": 1})
    done = saved_steps(project)
    code, _ = project.run()
    assert code == 0 and f"goes on after step {done} of" in (project.folder / "stderr").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent has died")
@pytest.mark.parametrize("killed", [False, True], ids=["asked to leave", "without their launcher"])
def test_all_leave(job: tuple[Project, subprocess.Popen[bytes]], killed: bool) -> None:
    project, command = job
    processes = ranks(command)
    if killed:
        command.kill()
        _, alive = psutil.wait_procs(processes.values(), timeout=30)
        assert not alive
    else:
        os.killpg(command.pid, signal.SIGINT)  # as a terminal does
        assert command.wait(30) == 130
    assert "what is done is saved, run again to go on" in assert_over(project, command, processes)
