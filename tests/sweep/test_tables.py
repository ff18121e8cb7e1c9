"""The tables of a sweep: which revision stands for an architecture, and what is written of it."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pipeline.experiments.tables import run
from pipeline.experiments.tables.pairs import Difference, Pairs
from pipeline.experiments.tables.rows import Score, read_row
from pipeline.experiments.tables.sweep import Sweep, list_records, render

from pipeline.errors import UserError
from pipeline.experiments.compare.system import check_fresh, find_scored
from pipeline.report.paper import LARGE_MODELS, MODELS
from tests.sweep.fake import Fake, make_lm, make_row

ROOT = Path(__file__).parents[2]


def chosen(arch: str, workspace: Fake, *others: Fake) -> str | None:
    revision = run.find(arch, workspace, others)
    return revision.name if revision else None


def test_the_workspace_comes_first_and_others_stand_for_what_it_is_not() -> None:
    workspace, gru = Fake("workspace", "sru"), Fake("with-gru", "gru")
    assert chosen("sru", workspace, Fake("again", "sru"), gru) == "workspace"
    assert chosen("gru", workspace, Fake("old", "gru", code="0"), gru, Fake("older", "gru")) == "with-gru"


CHANGES = {"arch": "lstm", "scale": "local", "rate": 0.2, "epoch": "last", "code": "2", "cell": "new", "raw": "new"}


@pytest.mark.parametrize("key", CHANGES)
def test_a_revision_that_differs_in_more_does_not_stand(key: str) -> None:
    changed: Any = {"name": "other", "arch": "gru", key: CHANGES[key]}
    assert chosen("gru", Fake("workspace", "sru"), Fake(**changed)) is None


def test_a_published_elmo_is_an_input_where_all_read_it() -> None:
    workspace, elmo = Fake("workspace", "sru"), Fake("with-elmo", "elmo", elmo="published")
    assert chosen("elmo", workspace, elmo) == "with-elmo"
    assert chosen("sru", elmo, workspace) == "workspace"
    same = Fake("workspace", "sru", elmo="published")
    for fake in (workspace, elmo, same):
        fake.params["scales"]["demo"]["charcnn"]["source"] = "elmo"
    assert chosen("elmo", workspace, elmo) is None
    assert chosen("elmo", same, elmo) == "with-elmo"


def test_a_revision_that_was_edited_after_its_run_is_found_out() -> None:
    revision = Fake("branch", "gru")
    check_fresh(revision, "wikineural")
    revision.params["scales"]["demo"]["ner"] = {"rate": 7}
    with pytest.raises(UserError, match=r"changed since \(evaluate@wikineural: scales.demo.ner\)"):
        check_fresh(revision, "wikineural")
    revision.params["sets"] = ["multiconer"]  # the other set was taken out: what dvc.lock says of it is no result
    assert find_scored(revision) == {}
    with pytest.raises(UserError, match="branch: found no scores of wikineural: evaluate has not run there; run"):
        check_fresh(revision, "wikineural")


def test_a_row_holds_means_deviations_and_intervals() -> None:
    gru = make_row("gru")
    assert gru.scores["wikineural"]["token_f1"] == pytest.approx(Score(0.72, 0.02 * 2**0.5, 0.65, 0.79))
    assert gru.scores["wikineural"]["entity_f1_unseen"] == pytest.approx(Score(0.41, 0.02 * 2**0.5, 0.3, 0.52))
    assert gru.epochs["wikineural"] == pytest.approx({1: 0.4, 2: 0.6})
    assert (gru.layers, gru.hidden, gru.lm["minutes"]) == (2, 8, 3.5)
    assert gru.typos["wikineural"] == pytest.approx({0: 0.6, 0.1: 0.5})
    assert make_row("charcnn").hidden is None


def test_a_revision_of_earlier_code_has_fewer_scores_and_no_seeds_of_its_typos() -> None:
    revision, typos, scores = Fake("old", "gru"), *(f"metrics/ner/wikineural.{x}.csv" for x in ("typos", "scores"))
    lines = revision.files[typos].splitlines()
    means = [line for line in lines if ",mean," in line or line == lines[0]]
    revision.files[typos] = "\n".join(line.replace(",seed", "").replace(",mean", "") for line in means)
    revision.files[scores] = "\n".join(
        x for x in revision.files[scores].splitlines() if "unseen" not in x and "lowercased" not in x
    )
    row = read_row(revision)
    assert row.typos == make_row("gru").typos and list(row.scores["wikineural"]) == ["token_f1", "entity_f1"]
    page = render(Sweep("demo", "ours", [row, make_row("sru")], [], "", []), [])
    certainty = page.split("## With what certainty")[1]
    assert re.search(r"\| gru +\| +not run +\| +not run \|", certainty)
    assert re.search(r"\| sru +\| +0.410 \(0.300 to 0.520\) +\| +0.550 \(0.500 to 0.600\) \|", certainty)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("pretrain.json", json.dumps({"lm": make_lm("sru")}), "found arch sru, expected gru"),
        ("pretrain.json", '{"lm": {"arch": "gru", "parameters_m": 1}}', "found no layers, of an earlier code; run"),
        ("pretrain.json", "{", "not valid JSON"),
        ("data.json", '{"scale": "local", "ner": {}}', "found scale local, expected demo as in its"),
        ("cost.json", '{"lm": {"device": "cpu", "minutes": "three"}}', "lm: minutes: found 'three', expected a number"),
    ],
)
def test_a_row_says_what_is_wrong_with_its_revision(file: str, content: str, message: str) -> None:
    revision = Fake("branch", "gru")
    revision.files[f"metrics/{file}"] = content
    with pytest.raises(UserError, match=f"branch: metrics/{file}: {message}"):
        read_row(revision)


def _table(page: str, number: int) -> dict[str, list[str]]:
    """The rows of a numbered table, by their first cell."""
    section = page.split(f"## Table {number}")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    return {first: rest for first, *rest in cells}


def test_every_row_of_the_paper_stands_beside_ours_run_or_not() -> None:
    rows = [make_row("gru"), make_row("mine"), make_row("charcnn")]
    page = render(Sweep("demo", "ours", rows, ["lstm", "sru", "sru4", "sru12", "elmo"], "A note.", []), [])
    cells = _table(page, 2)
    assert cells["gru (CharCNN + GRU)"] == ["2 (2)", "1.50 (22.6)", "0.720 ± 0.028 (0.693)"]
    assert cells["sru (CharCNN + SRU)"] == ["not run (2)", "not run (11.1)", "not run (0.763)"]
    assert cells["mine"] == ["2", "1.50", "0.720 ± 0.028"]
    assert [*cells][: len(MODELS)] == [f"{arch} ({model.name})" for arch, model in MODELS.items()]
    assert [*_table(page, 3)] == [f"{arch} ({model.name})" for arch, model in LARGE_MODELS.items()]
    assert page.startswith("# The paper's tables, scale demo: ours\n")
    assert "A note." in page and "and are no result" in page


def test_names_of_branches_are_text() -> None:
    """As git allows them; and of the paper's large models nothing is said where none was asked for."""
    rows = [make_row("gru", revision="$(rm x)", source="a|b"), make_row("gru", revision="<b>")]
    pairs = Pairs("wikineural", [0, 1], {(0, 1): Difference(0.1, 0.04, False)}, {})
    page = render(Sweep("demo", "ours", rows, [], "", [pairs]), [])
    assert r"python -m pipeline compare '$(rm x)' '\<b\>'" in page and r"a\|b" in page
    assert "## Table 2" in page and "## Table 3" not in page


def test_rows_that_were_named_may_have_other_sets() -> None:
    other = make_row("sru")
    other = other._replace(scores={"mine": other.scores["wikineural"]}, splits={"mine": other.splits["wikineural"]})
    page = render(Sweep("demo", "ours", [make_row("gru"), other], [], "", []), [])
    assert "| WikiNEuRal | test" in page and re.search(r"\| mine +\| test", page)
    assert _table(page, 2)["gru (CharCNN + GRU)"][-2:] == ["0.720 ± 0.028 (0.693)", "not run (–)"]


def test_the_csv_has_a_row_each_and_every_number() -> None:
    records = [*list_records(Sweep("demo", "ours", [make_row("gru"), make_row("charcnn")], ["sru"], "", []))]
    assert len({tuple(record) for record in records}) == 1
    by_arch = {record["arch"]: record for record in records}
    assert by_arch["gru"]["wikineural.token_f1_high"] == 0.79 and by_arch["gru"]["wikineural.paper_f1"] == 0.693
    assert by_arch["sru"]["revision"] == "not run" and by_arch["sru"]["wikineural.paper_f1"] == 0.763
    assert by_arch["charcnn"]["perplexity"] == ""


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
    monkeypatch.setattr(run, "_dvc", lambda *arguments, check=True: asked.append(" ".join(arguments)))
    run.run_queued(["gru", "lstm"], Path("data/demo"))
    run.run_queued(["gru"], Path("data/local"))
    copied = "--copy-paths data/local/manifest.yaml --copy-paths data/local/news"
    assert asked == [
        "exp run --queue -S arch=gru",
        "exp run --queue -S arch=lstm",
        "exp run --run-all --jobs 1",
        f"exp run --queue -S arch=gru {copied}",
        "exp run --run-all --jobs 1",
    ]
