"""Which revision stands for a row, and how rows that have none come into DVC's queue."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import UserError
from pipeline.experiments.compare.system import check_fresh, find_scored
from pipeline.experiments.studies import queue
from pipeline.experiments.studies.queue import find, finish_queue, run_queued
from tests.studies.fake import ROOT, Fake, cell_of

ROW: dict[str, Any] = {"arch": "gru", "tagger": "full", "scales__demo__ner__seeds": [1, 2], "lm__training__dropout": 5e-05}


def chosen(settings: dict[str, Any], workspace: Fake, *others: Fake) -> str | None:
    revision = find(cell_of(**settings), workspace, others)
    return revision.name if revision else None


def test_the_workspace_comes_first_and_others_stand_for_what_it_is_not() -> None:
    workspace, row = Fake("workspace"), Fake("of-row", **ROW)
    assert chosen({}, workspace, Fake("again"), row) == "workspace"
    old, older = Fake("old", {"code": "0"}, **ROW), Fake("older", **ROW)
    assert chosen(ROW, workspace, old, row, older) == "of-row"
    assert chosen(ROW, row, older) == "of-row"


CHANGES: list[dict[str, Any]] = [
    {"arch": "lstm"},
    {"scale": "local"},
    {"sets": ["wikineural", "multiconer"]},
    {"tagger": "paper"},
    {"taggers__full__dropout": 0.1},
    {"scales__demo__ner__learning_rate": 0.2},
    {"scales__demo__charcnn__source": "vectors"},
    {"protocol__epoch": "last"},
    {"text__segmenter": "udpipe"},
    {"typos__rates": [0, 0.3]},
    {"md5s": {"code": "2"}},
    {"md5s": {"cell": "new"}},
    {"md5s": {"raw": "new"}},
    {"md5s": {"folder": "2.dir"}},
]


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_a_revision_that_differs_in_more_does_not_stand(change: dict[str, Any]) -> None:
    assert chosen(ROW, Fake("workspace"), Fake("other", **(ROW | change))) is None


@pytest.mark.parametrize(
    "change", [{"compute__jobs": 3}, {"scales__local__ner__epochs": 9}, {"archs__lstm__layers": 3}], ids=str
)
def test_a_revision_that_differs_in_nothing_that_counts_stands(change: dict[str, Any]) -> None:
    assert chosen(ROW, Fake("workspace"), Fake("other", **(ROW | change))) == "other"


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


def test_a_published_elmo_is_an_input_of_its_own_row() -> None:
    elmo = Fake("with-elmo", {"elmo": "published"}, arch="elmo")
    assert chosen({"arch": "elmo"}, Fake("workspace"), elmo) == "with-elmo"
    assert chosen({}, elmo, Fake("bare")) == "bare"


def test_a_revision_that_was_edited_after_its_run_is_found_out() -> None:
    revision = Fake("branch")
    check_fresh(revision, "wikineural")
    assert revision.stages
    revision.values["scales"]["demo"]["ner"]["learning_rate"] = 7
    with pytest.raises(UserError, match=r"changed since \(ner@wikineural: scales.demo.ner\)"):
        check_fresh(revision, "wikineural")
    revision.values["sets"] = ["multiconer"]  # the other set was taken out: what dvc.lock says of it is no result
    assert find_scored(revision) == {}
    with pytest.raises(UserError, match="branch: found no scores of wikineural: evaluate has not run there; run"):
        check_fresh(revision, "wikineural")


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


@pytest.mark.parametrize(
    ("status", "waits"),
    [
        ("No experiment tasks in the queue.\n\nWorker status: 0 active, 0 idle\n", False),
        ("Task     Name       Created    Status\n1a2b3c4  Queued-up  10:00 AM   Success\n", False),
        ("Task     Name    Created    Status\n1a2b3c4  of-row  10:00 AM   Queued\n", True),
        ("Task     Name    Created    Status\n1a2b3c4  of-row  10:00 AM   Running\n", True),
    ],
)
def test_what_a_killed_study_has_left_is_waited_for(
    status: str, waits: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def dvc(*arguments: str, **_: bool) -> str:
        asked.append(" ".join(arguments))
        return status

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(queue, "_dvc", dvc)
    finish_queue(3)
    assert asked == ["queue status", *["exp run --run-all --jobs 3"] * waits]
