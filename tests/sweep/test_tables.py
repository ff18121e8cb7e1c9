"""The tables of a sweep: which revision stands for an architecture, and what is written of it."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, cast

import pytest

from pipeline.errors import UserError
from pipeline.experiments.compare.system import check_fresh, find_scored
from pipeline.experiments.revision import Revision
from pipeline.experiments.tables import run
from pipeline.experiments.tables.pairs import Difference, Pairs
from pipeline.experiments.tables.rows import Row, Score, read_row
from pipeline.experiments.tables.sweep import Sweep, list_records, render
from pipeline.report.paper import LARGE_MODELS, MODELS

ROOT = Path(__file__).parents[2]
ARCHS = {name: {"cell": name, "layers": 2} for name in ("lstm", "gru", "sru", "mine")} | {
    "charcnn": {"cell": "none", "layers": 0},
    "elmo": {"cell": "elmo", "layers": 0},
}


class Fake:
    """A revision in memory: its files are at hand, and its lock speaks of one code, `data/code/evaluate.json`."""

    def __init__(
        self, name: str, arch: str, scale: str = "demo", rate: float = 0.1, code: str = "1", epoch: str = "best"
    ) -> None:
        self.name = self.title = name
        self.params: dict[str, Any] = {
            "arch": arch,
            "scale": scale,
            "protocol": {"lowercase": True, "lemmas": True, "tokens": "all", "epoch": epoch},
            "archs": ARCHS,
            "scales": {scale: {"charcnn": {"source": "train"}, "ner": {"rate": rate}}},
        }
        self.code, self.advice = code, "run: dvc repro"
        self.cell = ""
        self.raw = "inputs"
        self.elmo = "published" if arch == "elmo" else "none"
        self.files = {
            "metrics/pretrain.json": json.dumps({"lm": _lm(arch)}),
            "metrics/cost.json": json.dumps({"lm": {"device": "cpu"} | ({} if arch == "charcnn" else COST)}),
            "metrics/data.json": json.dumps(
                {"scale": scale, "ner": {"wikineural": {"test": dict.fromkeys(COUNTS, 3)}}}
            ),
            "metrics/ner/wikineural.scores.csv": SCORES,
            "metrics/ner/wikineural.epochs.csv": EPOCHS,
            "metrics/ner/wikineural.typos.csv": TYPOS,
            "metrics/pretrain.csv": CURVE if "perplexity" in _lm(arch) else CURVE.splitlines()[0],
        }

    @property
    def stages(self) -> dict[str, Any]:
        arch = self.params["arch"]
        return {
            "check": _stage([("params.yaml", self.name)], [("models/architecture.json", arch + self.cell)]),
            "fetch": _stage([], [("data/raw/ner", self.raw), ("data/raw/elmo", self.elmo)]),
            "evaluate@wikineural": _stage(
                [
                    ("models/architecture.json", arch + self.cell),
                    ("data/raw/ner", self.raw),
                    ("data/code/evaluate.json", self.code),
                ],
                [("metrics/ner/wikineural.json", "of " + arch)],
                {f"scales.{self.params['scale']}.ner": self.params["scales"][self.params["scale"]]["ner"]},
            ),
        }

    def md5(self, path: str) -> str:
        arch = self.architecture_md5(self.params["arch"])
        return {"data/code/evaluate.json": self.code, "params.yaml": self.name, "models/architecture.json": arch}[path]

    def architecture_md5(self, arch: str) -> str:
        return arch + self.cell

    def has(self, path: str) -> bool:
        return path in self.files

    def read_bytes(self, path: str) -> bytes:
        if path not in self.files:
            raise UserError(f"{self.name}: {path}: neither in git nor in DVC's cache")
        return self.files[path].encode()


COUNTS = ["sentences", "tokens", "entities", "repaired_orphans", "repaired_type_changes", "duplicates", "also_in_train"]
SCORES = """metric,seed,value,low,high
token_f1,1,0.70,0.6,0.8
token_f1,2,0.74,0.6,0.8
token_f1,mean,0.72,0.65,0.79
entity_f1,1,0.60,0.5,0.7
entity_f1,2,0.60,0.5,0.7
entity_f1,mean,0.60,0.55,0.66
"""
CURVE = """step,tokens,train_perplexity,validation_perplexity
10,1000000,60.0,50.0
20,2000000,24.0,20.0
"""
EPOCHS = """seed,epoch,loss,validation_token_f1,validation_entity_f1,kept
1,1,9.0,0.5,0.4,0
1,2,3.0,0.6,0.5,1
2,1,9.0,0.5,0.4,0
2,2,3.0,0.6,0.7,1
"""
TYPOS = """rate,words,misspelt,entity_f1,entity_f1_low,entity_f1_high,token_f1,token_f1_low,token_f1_high
0,100,0,0.60,0.55,0.66,0.72,0.65,0.79
0.1,100,10,0.50,0.45,0.56,0.62,0.55,0.69
"""


COST = {"tokens_per_second": 900, "minutes": 3.5, "peak_memory_mb": 500}


def _lm(arch: str) -> dict[str, Any]:
    if arch == "charcnn":
        return {"arch": arch, "layers": 0, "parameters_m": 0}
    return {
        "arch": arch,
        "layers": 2,
        "hidden": 8,
        "parameters_m": 1.5,
        "perplexity": 20.0,
        "tokens": 2_000_000,
    }


def _stage(deps: list[Any], outs: list[Any], params: dict[str, Any] | None = None) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "deps": [{"path": path, "md5": md5} for path, md5 in deps],
        "outs": [{"path": path, "md5": md5} for path, md5 in outs],
    }
    return entry | ({"params": {"params.yaml": params}} if params else {})


def chosen(arch: str, workspace: Fake, *others: Fake) -> str | None:
    revision = run.find(arch, cast(Revision, workspace), [cast(Revision, other) for other in others])
    return revision.name if revision else None


def row(arch: str, **changes: Any) -> Row:
    return read_row(cast(Revision, Fake(f"of-{arch}", arch)))._replace(**changes)


def test_the_workspace_comes_first_and_others_stand_for_what_it_is_not() -> None:
    workspace, gru = Fake("workspace", "sru"), Fake("with-gru", "gru")
    assert chosen("sru", workspace, Fake("again", "sru"), gru) == "workspace"
    assert chosen("gru", workspace, Fake("old", "gru", code="0"), gru, Fake("older", "gru")) == "with-gru"


@pytest.mark.parametrize(
    "other",
    [
        Fake("other", "gru", scale="local"),
        Fake("other", "gru", rate=0.2),
        Fake("other", "gru", code="2"),
        Fake("other", "gru", epoch="last"),
        Fake("other", "lstm"),
    ],
    ids=["scale", "setting", "code", "protocol", "architecture"],
)
def test_a_revision_that_differs_in_more_does_not_stand(other: Fake) -> None:
    assert chosen("gru", Fake("workspace", "sru"), other) is None


def test_nor_does_one_of_other_code_of_its_architecture() -> None:
    other = Fake("other", "gru")
    assert chosen("gru", Fake("workspace", "sru"), other) == "other"
    other.cell = "edited"
    assert chosen("gru", Fake("workspace", "sru"), other) is None


def test_nor_does_one_of_other_inputs() -> None:
    other = Fake("other", "gru")
    other.raw = "edited"
    assert chosen("gru", Fake("workspace", "sru"), other) is None


def test_a_published_elmo_is_an_input_where_all_read_it() -> None:
    workspace, elmo = Fake("workspace", "sru"), Fake("with-elmo", "elmo")
    assert chosen("elmo", workspace, elmo) == "with-elmo"
    assert chosen("sru", elmo, workspace) == "workspace"
    for fake in (workspace, elmo):
        fake.params["scales"]["demo"]["charcnn"]["source"] = "elmo"
    assert chosen("elmo", workspace, elmo) is None
    workspace.elmo = elmo.elmo
    assert chosen("elmo", workspace, elmo) == "with-elmo"


def test_a_revision_that_was_edited_after_its_run_is_found_out() -> None:
    revision = Fake("branch", "gru")
    check_fresh(cast(Revision, revision), "wikineural")
    stages = revision.stages
    revision.params["scales"]["demo"]["ner"] = {"rate": 7}
    edited = type("Edited", (Fake,), {"stages": stages})("branch", "gru")
    edited.params = revision.params
    with pytest.raises(UserError, match=r"changed since \(evaluate@wikineural: scales.demo.ner\)"):
        check_fresh(cast(Revision, edited), "wikineural")
    edited.params["sets"] = ["multiconer"]  # what dvc.lock says of a data set that was taken out is no result any more
    assert find_scored(cast(Revision, edited)) == {}
    with pytest.raises(UserError, match="branch: found no scores of wikineural: evaluate has not run there; run"):
        check_fresh(cast(Revision, edited), "wikineural")


def test_a_row_holds_means_deviations_and_intervals() -> None:
    gru = row("gru")
    assert gru.scores["wikineural"]["token_f1"] == pytest.approx(Score(0.72, 0.02 * 2**0.5, 0.65, 0.79))
    assert (gru.layers, gru.hidden, gru.lm["minutes"]) == (2, 8, 3.5)
    assert row("charcnn").hidden is None


def test_a_row_says_what_is_wrong_with_its_revision() -> None:
    revision = Fake("branch", "gru")
    revision.files["metrics/pretrain.json"] = json.dumps({"lm": _lm("sru")})
    with pytest.raises(UserError, match=r"branch: metrics/pretrain.json: found arch sru, expected gru"):
        read_row(cast(Revision, revision))
    revision.files["metrics/pretrain.json"] = json.dumps({"lm": {"arch": "gru", "parameters_m": 1.5}})
    with pytest.raises(UserError, match=r"branch: metrics/pretrain.json: found no layers, of an earlier code; run"):
        read_row(cast(Revision, revision))
    revision.files["metrics/pretrain.json"] = json.dumps({"lm": _lm("gru")})
    revision.params["scale"] = "local"
    with pytest.raises(UserError, match=r"branch: metrics/data.json: found scale demo, expected local as in its"):
        read_row(cast(Revision, revision))
    revision.params["scale"] = "demo"
    revision.files["metrics/cost.json"] = '{"lm": {"device": "cpu", "minutes": "three"}}'
    with pytest.raises(UserError, match=r"branch: metrics/cost.json: lm: minutes: found 'three', expected a number"):
        read_row(cast(Revision, revision))
    revision.files["metrics/pretrain.json"] = "{"
    with pytest.raises(UserError, match=r"branch: metrics/pretrain.json: not valid JSON"):
        read_row(cast(Revision, revision))


def test_every_row_of_the_paper_stands_beside_ours_run_or_not() -> None:
    rows = [row("gru"), row("mine"), row("charcnn")]
    page = render(Sweep("demo", "ours", rows, ["lstm", "sru", "sru4", "sru12", "elmo"], "A note.", []), [])
    cells = {line.split("|")[1].strip(): [cell.strip() for cell in line.split("|")[2:-1]] for line in _table(page, 2)}
    assert cells["gru (CharCNN + GRU)"] == ["2 (2)", "1.50 (22.6)", "0.720 ± 0.028 (0.693)"]
    assert cells["sru (CharCNN + SRU)"] == ["not run (2)", "not run (11.1)", "not run (0.763)"]
    assert cells["mine"] == ["2", "1.50", "0.720 ± 0.028"]
    assert list(cells)[: len(MODELS)] == [f"{arch} ({model.name})" for arch, model in MODELS.items()]
    large = _table(page, 3)
    assert [line.split("|")[1].strip() for line in large] == [f"{a} ({m.name})" for a, m in LARGE_MODELS.items()]
    assert page.startswith("# The paper's tables, scale demo: ours\n")
    assert "A note." in page and "and are no result" in page


def test_names_of_branches_are_text() -> None:
    """As git allows them; and of the paper's large models nothing is said where none was asked for."""
    rows = [row("gru")._replace(revision="$(rm x)", source="a|b"), row("gru")._replace(revision="<b>")]
    pairs = Pairs("wikineural", [0, 1], {(0, 1): Difference(0.1, 0.04, False)}, {})
    page = render(Sweep("demo", "ours", rows, [], "", [pairs]), [])
    assert r"python -m pipeline compare '$(rm x)' '\<b\>'" in page and r"a\|b" in page
    assert "## Table 2" in page and "## Table 3" not in page


def _table(page: str, number: int) -> list[str]:
    """The rows of a numbered table."""
    section = page.split(f"## Table {number}")[1].split("\n## ")[0]
    return [line for line in section.splitlines() if line.startswith("|")][2:]


def test_rows_that_were_named_may_have_other_sets() -> None:
    other = row("sru")
    other = other._replace(scores={"mine": other.scores["wikineural"]}, splits={"mine": other.splits["wikineural"]})
    page = render(Sweep("demo", "ours", [row("gru"), other], [], "", []), [])
    assert "| WikiNEuRal | test" in page and re.search(r"\| mine +\| test", page)
    assert re.search(r"\| gru \(.*0.720 ± 0.028 \(0.693\) \| +not run \(–\) \|", page)


def test_the_csv_has_a_row_each_and_every_number(tmp_path: Path) -> None:
    sweep = Sweep("demo", "ours", [row("gru"), row("charcnn")], ["sru"], "", [])
    records = list(list_records(sweep))
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
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(run, "_dvc", lambda *arguments, check=True: asked.append(arguments))
    run.run_queued(["gru", "lstm"], Path("data/demo"))
    run.run_queued(["gru"], Path("data/local"))
    copied = ("--copy-paths", "data/local/manifest.yaml", "--copy-paths", "data/local/news")
    assert asked == [
        ("exp", "run", "--queue", "-S", "arch=gru"),
        ("exp", "run", "--queue", "-S", "arch=lstm"),
        ("exp", "run", "--run-all", "--jobs", "1"),
        ("exp", "run", "--queue", "-S", "arch=gru", *copied),
        ("exp", "run", "--run-all", "--jobs", "1"),
    ]
