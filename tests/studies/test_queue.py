"""Which revision stands for a row, and how rows that have none come into DVC's queue."""

import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from pipeline.experiments.compare.system import check_fresh, find_scored
from pipeline.experiments.studies import queue
from pipeline.experiments.studies.queue import _count_workers, find, finish_queue, list_inputs, run_queued
from pipeline.work.locks import lock
from tests.studies.fake import DECIDE, DECIDE_NOTHING, ROOT, Fake, cell_of

ROW: dict[str, Any] = {
    "arch": "gru",
    "tagger": "full",
    "scales__demo__ner__seeds": [1, 2],
    "lm__training__clip": 5e-05,
}


def chosen(settings: dict[str, Any], workspace: Fake, *others: Fake) -> str | None:
    revision = find(cell_of(**settings), workspace, others)
    return revision.name if revision else None


def test_the_workspace_comes_first_and_others_stand_for_what_it_is_not() -> None:
    workspace, row = Fake("workspace"), Fake("of-row", **ROW)
    assert chosen({}, workspace, Fake("again"), row) == "workspace"
    old, older = Fake("old", {"code": "0"}, **ROW), Fake("older", **ROW)
    assert chosen(ROW, workspace, old, row, older) == "of-row"
    assert chosen(ROW, row, older) == "of-row"


def test_a_revision_stands_only_if_nothing_differs_that_counts() -> None:
    workspace = Fake("workspace", arch="lstm")
    sums = [{"md5s": {key: "new"}} for key in ("code", "cell", "raw", "folder")]
    settings = [{key: value} for key, value in DECIDE.items()]
    for change in [*settings, {"sets": ["wikineural", "multiconer"]}, *sums]:
        assert chosen({}, workspace, Fake("other", **change)) is None, change
        assert "md5s" in change or chosen(change, workspace, Fake("other", **change)) == "other"
    for key, value in DECIDE_NOTHING.items():
        assert chosen({}, workspace, Fake("other", **{key: value})) == "other", key


@pytest.mark.parametrize("stage", ["evaluate@wikineural", "typos@wikineural"])
def test_a_revision_without_all_scores_does_not_stand(stage: str) -> None:
    revision = Fake("of-row", **ROW)
    del revision.stages[stage]
    assert chosen(ROW, Fake("workspace"), revision) is None


def test_inputs_of_a_scale_that_the_workspace_has_not_run_are_those_in_its_folder() -> None:
    row, run = {"scale": "local"}, Fake("of-row", scale="local")
    assert chosen(row, Fake("workspace"), run) == "of-row"
    assert chosen(row, Fake("workspace", {"raw": "of the demo"}), run) == "of-row"
    assert chosen(row, Fake("workspace", {"folder": "other news.dir"}), run) is None
    assert chosen(row, Fake("workspace", {"folder": ""}), run) == "of-row"  # another machine, without them
    downloaded = {"folder": "with sums.dir", "folder without sums.json": "1.dir"}
    assert chosen(row, Fake("workspace", downloaded), run) == "of-row"


def test_a_row_of_fewer_data_sets_is_found_although_all_of_them_lie_in_one_folder() -> None:
    both: dict[str, Any] = {"sets": ["wikineural", "multiconer"]}
    workspace, row = Fake("workspace", **both), Fake("of-row", sets=["wikineural"])
    assert workspace.stages["fragments"]["deps"] != row.stages["fragments"]["deps"]
    assert chosen({"sets": ["wikineural"]}, workspace, row) == "of-row"
    assert chosen({"sets": ["wikineural"]}, Fake("workspace", {"raw": "new"}, **both), row) is None


def test_stages_that_an_experiment_has_not_run_say_nothing_about_its_inputs() -> None:
    """`export` is not run for a study: its entry in dvc.lock is the one that the repository had before."""
    row, workspace = Fake("of-row"), Fake("workspace")
    row.stages["export@wikineural"] = Fake("demo", {"raw": "generated"}).stages["export@wikineural"]
    assert chosen({}, Fake("workspace", arch="lstm"), row) == "of-row"
    assert {*list_inputs(row, ["typos@wikineural"]).values()} == {"inputs", "inputs wikineural", ""}
    assert list_inputs(row, ["typos@wikineural"]) == list_inputs(workspace, ["typos@wikineural"])


def test_a_published_elmo_is_an_input_of_its_own_row() -> None:
    elmo = Fake("with-elmo", {"elmo": "published"}, arch="elmo")
    assert chosen({"arch": "elmo"}, Fake("workspace"), elmo) == "with-elmo"
    assert chosen({}, elmo, Fake("bare")) == "bare"


def test_scores_of_a_data_set_that_was_taken_out_are_no_result() -> None:
    revision = Fake("branch")
    assert revision.stages and [*find_scored(revision)] == ["wikineural"]
    check_fresh(revision, "wikineural")
    revision.params["sets"] = ["multiconer"]
    assert find_scored(revision) == {}


def test_what_git_does_not_hold_is_copied_into_the_queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """File by file: DVC fails where a folder of the scratch copy is there already, and git has put it there."""
    monkeypatch.chdir(tmp_path)
    for name in ("demo/manifest.yaml", "local/.gitignore", "local/manifest.example.yaml"):
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / "data" / name, tmp_path / "data" / name)
    for command in ("git init --quiet", "git add --all"):
        subprocess.run(command.split(), check=True)
    (tmp_path / "data/local/news").mkdir()
    for name in ("manifest.yaml", "news/my texts.txt"):
        (tmp_path / "data/local" / name).write_text("", encoding="utf-8")
    asked: list[str] = []
    monkeypatch.setattr(queue, "_dvc", lambda *arguments, check=True: asked.append(" ".join(arguments)))
    run_queued([cell_of(arch="gru", typos__rates=[0, 0.2]), cell_of(scale="local")], 2)
    copied = "--copy-paths data/local/manifest.yaml --copy-paths data/local/news"
    assert asked == [
        "exp run --queue -S arch=gru -S typos.rates=[0, 0.2] evaluate typos",
        f"exp run --queue -S scale=local {copied} evaluate typos",
        "exp run --run-all --jobs 2",
    ]


def test_a_dvc_at_work_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".dvc/tmp").mkdir(parents=True)
    ran: list[bool] = []

    def run(*_: Any, **__: Any) -> "subprocess.CompletedProcess[str]":
        ran.append(holder.closed)
        return subprocess.CompletedProcess([], 0, "")

    with Path(".dvc/tmp/lock").open("a") as holder:
        assert lock(holder)
        monkeypatch.setattr(time, "sleep", lambda _: holder.close())
        monkeypatch.setattr(subprocess, "run", run)
        finish_queue(1)
    assert ran == [True]


QUEUE = "Task     Name    Created    Status\n1a2b3c4  Queued  10:00 AM   {}\n\nWorker status: 1 active, 0 idle\n"


@pytest.mark.parametrize(("status", "waits"), [("Success", False), ("Queued", True), ("Running", True)])
def test_what_a_killed_study_has_left_is_waited_for(
    status: str, waits: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.chdir(tmp_path)

    def dvc(*words: str, **_: bool) -> str:
        asked.append(" ".join(words))
        return QUEUE.format(status)

    monkeypatch.setattr(queue, "_dvc", dvc)
    finish_queue(3)
    assert asked == ["queue status", *["exp run --run-all --jobs 3"] * waits]


@pytest.mark.parametrize(
    ("status", "there", "starts"),
    [("Queued", 1, True), ("Running", 1, False), ("Queued", 2, False)],
)
def test_workers_that_left_are_started_again_while_experiments_are_queued(
    status: str, there: int, starts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of three; one is seen by DVC. Where it sees fewer than there are, it would start those again."""
    asked: list[str] = []
    counted: list[int] = []
    enough = threading.Event()

    def count() -> int:
        counted.append(there)
        if len(counted) == 5:
            enough.set()
        return there

    def run(command: list[str], **_: Any) -> "subprocess.CompletedProcess[str]":
        asked.append(" ".join(command[3:]))
        return subprocess.CompletedProcess([], 0, QUEUE.format(status))

    monkeypatch.setattr(queue, "WATCH", 0.001)
    monkeypatch.setattr(queue, "_count_workers", count)
    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(queue, "_dvc", lambda *_, **__: enough.wait(30))
    run_queued([], 3)
    assert asked[:4] == ["queue status", "queue start --jobs 3"] * 2 if starts else {*asked} == {"queue status"}


def test_workers_of_this_repository_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = [
        sys.executable,
        "-c",
        "import sys; sys.stdin.read()",
        "exp",
        "queue-worker",
        "dvc-exp-1a2b3c-1@localhost",
    ]
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.chdir(tmp_path)
    assert _count_workers() == 0
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE),
        subprocess.Popen(command, stdin=subprocess.PIPE, cwd=other),
        subprocess.Popen([*command[:4], "exec-run"], stdin=subprocess.PIPE),
    ):
        assert _count_workers() == 1
    assert _count_workers() == 0
