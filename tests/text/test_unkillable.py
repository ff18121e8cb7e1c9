"""What is done to a running text stage leaves no trace in what it writes; what it has finished is not done again."""

import random
import shutil
import signal
import time
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from tests.text.project import MAPPED, STAGES, Project

KILLS = 5
"""Of each stage."""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("undisturbed"))
    for stage in STAGES:
        assert project.run(stage)[0] == 0
    assert len(project.shards("sentences")) > 20
    return project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def assert_no_trace(project: Project, undisturbed: Project) -> None:
    assert project.results() == undisturbed.results()
    assert not [path for path in (project.data / ".shards").glob("*") if path.suffix != ".lock"]


def test_every_stage_killed_at_random(project: Project, undisturbed: Project) -> None:
    chance = random.Random(1)
    for stage in STAGES:
        kills, finished = 0, set[int]()
        while kills < KILLS:
            process = project.start(stage)
            left = len(undisturbed.shards(stage)) - len(finished)
            wait_for(
                project, stage, process, len(finished) + (chance.randint(1, 1 + left // 4) if stage in MAPPED else 0)
            )
            process.join(chance.uniform(0, 0.05))
            process.kill()
            process.join()
            finished = project.finished(stage)  # none, if it was faster than the blow
            kills += process.exitcode == -signal.SIGKILL
        assert project.run(stage)[0] == 0
        if stage in MAPPED:
            assert finished and finished <= project.shards(stage), "a finished shard was done again"
    assert_no_trace(project, undisturbed)


def wait_for(project: Project, stage: str, process: ForkServerProcess, finished: int) -> None:
    """Until so many shards are finished, or all."""
    while process.is_alive() and len(project.finished(stage)) < finished:
        time.sleep(0.001)


def test_workers_that_outlive_a_kill_do_no_harm(tmp_path: Path, undisturbed: Project) -> None:
    project = Project(tmp_path, "loky")
    shutil.copytree(undisturbed.data / "documents", project.data / "documents")
    process = project.start("sentences")
    while not project.finished("sentences"):
        assert process.is_alive()
        time.sleep(0.001)
    process.kill()
    process.join()
    finished = project.finished("sentences")
    assert project.run("sentences")[0] == 0
    assert finished <= project.shards("sentences")
    for stage in STAGES[2:]:
        shutil.copytree(undisturbed.data / stage, project.data / stage)
    assert_no_trace(project, undisturbed)
    assert len(project.said()) == 2, "somebody complained"


@pytest.mark.parametrize("stage", STAGES)
def test_a_full_disk_is_one_line_and_a_rerun_goes_on(stage: str, project: Project, undisturbed: Project) -> None:
    for each in STAGES:
        if each != stage:
            shutil.copytree(undisturbed.data / each, project.data / each)
    sizes = sorted(path.stat().st_size for path in (undisturbed.data / stage).iterdir())
    code, said = project.run(stage, limit=sizes[-1] - 1)
    assert code == 1 and said.startswith("error: ") and ": no space left on the device; free some and" in said
    assert not (project.data / stage).exists() and not list(project.folder.rglob("*.partial"))
    finished = project.finished(stage)
    assert finished or stage not in MAPPED
    assert project.run(stage)[0] == 0
    assert finished <= project.shards(stage) or stage not in MAPPED
    assert_no_trace(project, undisturbed)


def test_an_input_that_cannot_be_read_is_one_line_and_a_rerun_goes_on(project: Project, undisturbed: Project) -> None:
    shutil.copytree(undisturbed.data / "documents", project.data / "documents")
    *_, last = sorted((project.data / "documents").glob("*.txt"))
    whole = last.read_bytes()
    last.write_bytes(whole[:-1])
    code, said = project.run("sentences")
    assert code == 1 and f"{last.name}: line" in said and "found the end of the file inside a document" in said
    assert not (project.data / "sentences").exists() and not list(project.folder.rglob("*.partial"))
    last.write_bytes(whole)
    finished = project.finished("sentences")
    assert len(finished) == len(undisturbed.shards("sentences")) - 1
    assert project.run("sentences")[0] == 0
    assert finished <= project.shards("sentences")
