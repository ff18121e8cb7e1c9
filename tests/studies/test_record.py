"""rows.csv, curves.csv and pairs.csv: what they hold, how they are read back, and what a study does with them."""

import shutil
from math import nan
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from pipeline.errors import UserError
from pipeline.experiments.studies import pairs as tests_of_pairs
from pipeline.experiments.studies import run as command
from pipeline.experiments.studies.recipe import Sums
from pipeline.experiments.studies.record import (
    CURVE_HEADER,
    CURVE_TEXTS,
    HEADER,
    TEXTS,
    check_seeds,
    read_curves,
    read_rows,
    read_table,
    write_table,
)
from tests.studies.fake import ROOT, Fake, cell_of

SUMS = Sums("settings", "code")


def test_a_row_has_every_score_of_every_seed_and_their_mean() -> None:
    rows = read_rows(cell_of(), "wikineural", Fake("x"), SUMS, "abc").set_index("seed")
    assert [*rows.index] == ["1", "2", "mean"]
    mean, second = rows.loc["mean"], rows.loc["2"]
    assert (mean.token_f1, mean.entity_f1, mean.entity_f1_low, mean.entity_f1_high) == (0.72, 0.6, 0.55, 0.66)
    assert (mean.entity_f1_unseen, mean.entity_f1_lowercased, mean.entity_f1_typos) == (0.41, 0.55, 0.5)
    assert mean.entity_f1_names == pytest.approx(2 * (80 + 45 + 10) / (190 + 180))  # hits; gold and predicted
    assert (second.token_f1, second.entity_f1_typos, second.typo_rate) == (0.74, 0.51, 0.1)
    assert (mean.perplexity, mean.tokens, mean.tokens_per_second, mean.machine) == (20, 2e6, 900, "a machine")
    assert (mean["commit"], mean.settings, mean.code) == ("abc", "settings", "code")
    bare = read_rows(cell_of(), "wikineural", Fake("x", arch="charcnn"), SUMS, "abc")
    assert bare.perplexity.isna().all() and bare.tokens.isna().all()
    curves = read_curves(cell_of(), "wikineural", Fake("x"))
    points = {name: dict(zip(lines.x, lines.y, strict=True)) for name, lines in curves.groupby("curve")}
    assert points["perplexity"] == {1e6: 50, 2e6: 20} and points["typos"] == {0: 0.6, 0.1: 0.5}
    assert points["epochs"] == pytest.approx({1: 0.4, 2: 0.6}) and {*curves["set"]} == {"wikineural"}


@pytest.mark.parametrize(
    ("old", "new"), [("\nMISC", "\nORG"), ("\nLOC", "\nGRP"), ("ORG,0.5,0.25,0.333333", "ORG,0.0,0.0,0.0")], ids=str
)
def test_names_have_a_score_of_their_own_where_there_are_other_types(old: str, new: str) -> None:
    revision = Fake("x")
    types = revision.files["metrics/ner/wikineural.types.csv"]
    revision.files["metrics/ner/wikineural.types.csv"] = types.replace(old, new)
    assert read_rows(cell_of(), "wikineural", revision, SUMS, "abc").entity_f1_names.isna().all()


def test_tables_are_read_back_and_written_with_the_same_bytes(tmp_path: Path) -> None:
    rows = read_rows(cell_of(), "wikineural", Fake("x", arch="charcnn"), SUMS, "abc")
    rows = pd.concat([rows, read_rows(cell_of(), "wikineural", Fake("x"), SUMS, "0012")], ignore_index=True)
    rows["row"] = ['Ёлки, "палки"'] * 3 + ["NA"] * 3
    for table, header, texts in (
        (rows, HEADER, TEXTS),
        (read_curves(cell_of(), "wikineural", Fake("x")), CURVE_HEADER, CURVE_TEXTS),
        (rows[:0], HEADER, TEXTS),
    ):
        write_table(tmp_path / "a.csv", table)
        read = read_table(tmp_path / "a.csv", header, texts)
        write_table(tmp_path / "b.csv", read)
        assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
        pd.testing.assert_frame_equal(read, table, check_dtype=False)
    assert read_table(tmp_path / "none.csv", HEADER, TEXTS).empty


DAMAGE = [
    ("row,column,set,curve,x,y", "", "columns missing: row, column, set, curve, x, y; unknown columns: none"),
    ("row,column,set,curve,x,y", "row,column,set,line,x,y", "columns missing: curve; unknown columns: line"),
    ("row,all,wikineural,epochs,1,", "<<<<<<< HEAD\nrow,all,wikineural,epochs,1,", "row 3: found 1 values, expected 6"),
    (",50\n", ",fifty\n", "could not convert string to float: 'fifty'"),
    (",50\n", ',"50\n', "unexpected end of data"),
    (",50\n", ",\udcff\n", "UTF-8"),
]


@pytest.mark.parametrize(("old", "new", "message"), DAMAGE)
def test_a_damaged_table_is_one_line(old: str, new: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "curves.csv"
    write_table(path, read_curves(cell_of(), "wikineural", Fake("x")))
    path.write_bytes(path.read_text().replace(old, new, 1).encode(errors="surrogateescape"))
    with pytest.raises(UserError, match=rf"curves.csv: not the table that was written: .*{message}.*; git checkout"):
        read_table(path, CURVE_HEADER, CURVE_TEXTS)


def test_a_row_without_a_mean_or_with_a_seed_twice_is_one_line() -> None:
    rows = read_rows(cell_of(), "wikineural", Fake("x"), SUMS, "abc")
    check_seeds(rows, Path("rows.csv"))
    check_seeds(rows[:0], Path("rows.csv"))
    for damaged, seeds in ((rows[:2], "1, 2"), (pd.concat([rows[:1], rows]), "1, 1, 2, mean")):
        with pytest.raises(UserError, match=rf"rows.csv: .*row, all, wikineural: found seeds {seeds}, expected each"):
            check_seeds(damaged, Path("rows.csv"))


@pytest.mark.parametrize(("seed", "value"), [("mean", 7.78), ("mean", nan), ("1", nan), ("1", 0.9)])
def test_a_mean_that_is_not_that_of_the_seeds_is_one_line(seed: str, value: float) -> None:
    rows = read_rows(cell_of(), "wikineural", Fake("x"), SUMS, "abc")
    rows.loc[rows.seed == seed, "entity_f1"] = value
    with pytest.raises(UserError, match=r"rows\.csv: .*row, all, wikineural: found a mean entity_f1 of .*of the seeds"):
        check_seeds(rows, Path("rows.csv"))


STUDY = "question: Which?\nbase: {sets: [wikineural]}\nrows: {a: {arch: sru}, b: {arch: gru}}\n"


class Bench:
    """The command in a folder of its own, where revisions are in memory and the queue runs what is asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.workspace, self.others = Fake("workspace", arch="lstm"), list[Fake]()
        self.queued: list[str] = []
        self.commit = "first"
        self.fails: dict[str, int] = {}  # how often a row does
        for name, value in {
            "open_revisions": lambda _: [self.workspace],
            "all_revisions": lambda: [self.workspace, *self.others],
            "describe_commit": lambda: self.commit,
            "finish_queue": lambda _: None,
            "run_queued": self._run,
            "save": lambda *_: "<svg ></svg>",
        }.items():
            monkeypatch.setattr(command, name, value)
        Path("studies").mkdir()
        Path("studies/s.yaml").write_text(STUDY)
        for name in ("params.yaml", "dvc.yaml"):
            shutil.copyfile(ROOT / name, name)

    def _run(self, cells: Any, jobs: int) -> None:
        self.queued += [cell.row for cell in cells]
        done = [cell for cell in cells if not self.fails.get(cell.row)]
        self.fails = {row: times - 1 for row, times in self.fails.items() if times}
        revisions = [Fake(cell.row, self.workspace.md5s, **cell.settings) for cell in done]
        for revision in revisions:  # other code, other curves
            revision.files["metrics/pretrain.csv"] += f"30,3000000,9.0,{self.workspace.md5s['code']}\n"
        self.others += revisions

    def study(self, compute: bool = True) -> dict[str, str]:
        """Run it, and return the files that it leaves."""
        self.queued = []
        command.run("s", compute, 1, Path("results"), [Path("docs.md")], 80)
        return {path.name: path.read_text(encoding="utf-8") for path in Path("results").iterdir()}


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.chdir(tmp_path)
    return Bench(monkeypatch)


def test_what_was_run_is_not_run_again_here_or_elsewhere(bench: Bench) -> None:
    """Rows of edited code get the commit of that code once it has one."""
    bench.commit = "edited+"
    bench.study()
    bench.commit = "first"
    files = bench.study()
    assert files["rows.csv"].count("first") == 6 and "commit first" in files["page.md"]
    bench.commit = "second"
    for revision in bench.others:  # run again on another machine
        revision.files["metrics/ner/wikineural.json"] = '{"machine": {"hardware": "another"}}'
    assert bench.study() == files
    bench.others = []  # another machine, with nothing but the folder from git
    assert bench.study() == files and bench.queued == []


@pytest.mark.parametrize("times", [1, 2, 3])
def test_what_fails_is_run_once_more_and_then_missing(bench: Bench, times: int) -> None:
    bench.fails = {"b": times}
    page = bench.study()["page.md"]
    assert bench.queued == ["a", "b", "b"] and ("Not run: b." in page) == (times > 1)


def test_a_finding_that_cannot_be_read_is_said_before_anything_is_run(bench: Bench) -> None:
    wrong = """findings: ['{{ f1("a", "wikineural") }}, {{ f1("c", "wikineural") }}']"""
    Path("studies/s.yaml").write_text(STUDY + wrong)
    with pytest.raises(UserError, match="sentence 1: found row 'c', expected one of a, b"):
        bench.study()
    assert bench.queued == [] and not Path("results").exists()


def test_stale_rows_stay_with_a_mark_until_they_are_run_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their pairs stay too."""
    system = SimpleNamespace(taggers=SimpleNamespace(counts=[]))
    monkeypatch.setattr(tests_of_pairs, "_read", lambda revision, *_: revision and system)
    monkeypatch.setattr(tests_of_pairs, "_compare", lambda *_: (0.1, 0.05, 0.15, 0.01))
    files = bench.study()
    assert bench.queued == ["a", "b"] and ",a,b," in files["pairs.csv"]
    bench.others, bench.workspace.md5s["code"] = [], "2"
    stale = bench.study(compute=False)
    assert [stale[name] for name in ("rows.csv", "pairs.csv")] == [files[name] for name in ("rows.csv", "pairs.csv")]
    assert stale["page.md"].count("a †") == 1 and "Not run" not in stale["page.md"]
    assert "code have changed since" in stale["page.md"]
    again = bench.study()
    assert bench.queued == ["a", "b"] and "†" not in again["page.md"] and again["rows.csv"] != files["rows.csv"]
    assert ",a,b," in again["pairs.csv"] != files["pairs.csv"]


def test_a_row_goes_with_its_line_in_the_study_and_a_new_one_or_a_new_data_set_is_run(bench: Bench) -> None:
    files = bench.study()
    bench.others = []
    Path("studies/s.yaml").write_text(STUDY.replace("[wikineural]", "[wikineural, multiconer]"))
    more = bench.study(compute=False)
    assert more["rows.csv"] == files["rows.csv"] and "Not run: a; b." in more["page.md"] and "†" not in more["page.md"]
    Path("studies/s.yaml").write_text(STUDY.replace("b: {arch: gru}", "c: {arch: sru4}"))
    files = bench.study(compute=False)
    assert "Not run: c." in files["page.md"] and "\nb," not in files["rows.csv"] + files["curves.csv"]
    bench.commit = "later"
    files = bench.study()
    assert bench.queued == ["c"]
    assert files["rows.csv"].count("later") == 6 and "first" not in files["rows.csv"]  # a table has one commit


def test_a_kill_between_two_tables_costs_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    before = bench.study()
    bench.workspace.md5s["code"] = "2"
    after = bench.study()
    for tables in (1, 2):
        for name, text in before.items():
            Path("results", name).write_text(text, encoding="utf-8")
        left = iter([write_table] * tables)
        with monkeypatch.context() as patch, pytest.raises(StopIteration):
            patch.setattr(command, "write_table", lambda *table, left=left: next(left)(*table))
            bench.study()
        assert bench.study() == after and bench.queued == []
