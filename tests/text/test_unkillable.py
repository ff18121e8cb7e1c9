"""What is done to a running text stage leaves no trace in what it writes; what it has finished is not done again."""

import os
import random
import signal
import time
from collections.abc import Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import psutil
import pytest

from tests.text.news import STAGES
from tests.text.project import Project, make_data, results

SHARDS = 20
"""The smallest number of shards of a stage."""
KINDS = ["documents", "lemmas", "vocabulary"]
"""The three other stages do with shards just what `lemmas` does, and all are locked in the same way."""
EACH_KIND = [pytest.param(stage, marks=[pytest.mark.slow] * (stage not in KINDS)) for stage in STAGES]
ONE_KIND = [pytest.param(stage, marks=[pytest.mark.slow] * (stage != "lemmas")) for stage in STAGES]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder `data` in which every stage has run."""
    data = make_data(tmp_path_factory.mktemp("undisturbed"))
    assert len(list((data / "documents").glob("*.txt"))) >= SHARDS
    return data


@pytest.fixture
def project(tmp_path: Path, undisturbed: Path) -> Project:
    return Project(tmp_path, undisturbed)


def assert_no_trace(project: Project, undisturbed: Path) -> None:
    assert results(project.data) == results(undisturbed)
    assert not [path for path in (project.data / ".shards").glob("*") if path.suffix != ".lock"]


def assert_nothing_written(project: Project, stage: str) -> None:
    assert not (project.data / stage).exists() and not list(project.folder.rglob("*.partial"))


def wait_for(project: Project, stage: str, process: ForkServerProcess, finished: int) -> None:
    """Wait until so many shards are finished, or all."""
    while process.is_alive() and len(project.finished(stage)) < finished:
        time.sleep(0.003)


def freeze(process: ForkServerProcess) -> None:
    """Stop a process, and wait until it stands still, for a signal takes its time."""
    frozen = psutil.Process(process.pid)
    frozen.suspend()
    while frozen.is_running() and frozen.status() not in (psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE):
        time.sleep(0.001)


@pytest.mark.parametrize("stages, times", [(KINDS, 2), pytest.param([*STAGES], 12, marks=pytest.mark.slow)])
def test_stages_killed_at_random(stages: Sequence[str], times: int, project: Project, undisturbed: Path) -> None:
    chance, left_something = random.Random(1), 0
    for stage in stages:
        kills, worked_on = 0, list[str]()
        while kills < times:
            finished = len(project.finished(stage))
            process = project.start(stage)
            wait_for(project, stage, process, finished + chance.randint(1, SHARDS // 3))
            process.join(chance.uniform(0, 0.02))
            process.kill()
            process.join()
            kills += process.exitcode == -signal.SIGKILL
            worked_on += project.worked_on()
            if (project.data / stage).exists():  # it ended before the kill, and begins anew
                worked_on = []
            left_something += bool(project.finished(stage))
        assert project.run(stage)[0] == 0
        worked_on += project.worked_on()
        assert len(worked_on) == len(set(worked_on)), f"{stage}: what was finished was done again"
        assert bool(worked_on) != (stage == "documents"), "which is one pass, and begins anew"
    assert left_something > len(stages) * times / 2
    assert_no_trace(project, undisturbed)


def test_workers_that_outlive_a_kill_do_no_harm(project: Project, undisturbed: Path) -> None:
    project.set_backend("loky")
    process = project.start("sentences")
    wait_for(project, "sentences", process, 1)
    process.kill()
    process.join()
    finished = len(project.finished("sentences"))
    assert process.exitcode == -signal.SIGKILL and finished
    assert project.run("sentences")[0] == 0
    *_, written, earlier = project.said()  # after lines of progress, where the machine is busy
    assert int(earlier.removeprefix("sentences: ").split()[0]) >= finished
    assert written.startswith("sentences: ") and earlier.endswith("shards were finished by an earlier run")
    assert_no_trace(project, undisturbed)


@pytest.mark.parametrize("stage", ONE_KIND)
def test_a_stage_that_outlives_its_dvc_is_alone(stage: str, project: Project, undisturbed: Path) -> None:
    """DVC is killed alone, and run again: it deletes the outputs and starts the stage once more."""
    orphan = project.start(stage)
    wait_for(project, stage, orphan, 3)
    freeze(orphan)
    assert orphan.is_alive() and orphan.pid
    before = sorted(project.data.rglob("*"))
    code, said = project.run(stage)
    after = sorted(project.data.rglob("*"))
    os.kill(orphan.pid, signal.SIGCONT)
    assert code == 1 and f"process {orphan.pid} on" in said and f"is running stage {stage} (since " in said
    assert after == before
    orphan.join(60)
    assert orphan.exitcode == 0
    assert_no_trace(project, undisturbed)


def test_a_stage_whose_input_is_made_anew_meanwhile_writes_nothing(project: Project, undisturbed: Path) -> None:
    """It leaves neither a folder with shards of two inputs nor a finished shard under another one's name."""
    process = project.start("sentences")
    wait_for(project, "sentences", process, 3)
    freeze(process)  # for as long as it takes to make the input anew
    assert process.pid
    for shard in (project.data / "documents").glob("*.txt"):
        whole = shard.read_bytes()
        shard.unlink()
        shard.write_bytes(whole)
    os.kill(process.pid, signal.SIGCONT)
    process.join(60)
    assert process.exitcode == 1 and ": changed while the stage ran" in project.said()[-1]
    assert_nothing_written(project, "sentences")
    assert project.run("sentences")[0] == 0
    assert_no_trace(project, undisturbed)


@pytest.mark.parametrize("stage", EACH_KIND)
def test_a_full_disk_is_one_line_and_a_rerun_goes_on(stage: str, project: Project, undisturbed: Path) -> None:
    largest = max(path.stat().st_size for path in (undisturbed / stage).iterdir())
    code, said = project.run(stage, limit=largest - 1)
    assert code == 1 and said.startswith("error: ") and ": no space left on the device; free some and" in said
    assert stage != "documents" or ".txt: no space" in said
    assert_nothing_written(project, stage)
    before = project.worked_on()
    assert set(before) == project.finished(stage)
    assert bool(before) != (stage == "documents")
    assert project.run(stage)[0] == 0
    assert not {*before} & {*project.worked_on()}
    assert_no_trace(project, undisturbed)


def test_an_input_that_cannot_be_read_is_one_line_and_a_rerun_goes_on(project: Project, undisturbed: Path) -> None:
    *_, last = shards = sorted((project.data / "documents").glob("*.txt"))
    whole = last.read_bytes()
    last.write_bytes(whole[:-1])
    code, said = project.run("sentences")
    assert code == 1 and f"{last.name}: line" in said and "found the end of the file inside a document" in said
    assert_nothing_written(project, "sentences")
    last.write_bytes(whole)
    assert len(project.finished("sentences")) == len(project.worked_on()) == len(shards) - 1
    assert project.run("sentences")[0] == 0
    assert len(project.worked_on()) == 1
    assert_no_trace(project, undisturbed)
