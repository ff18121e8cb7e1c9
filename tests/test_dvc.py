"""DVC as users use it: what a change reruns, what it does not, and what bad input leaves behind.

One scratch clone at a very small scale, in which `dvc repro` has been run; the tests run in order, each from the state
that the last one left.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from demo import DemoSettings, generate

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
DOWNSTREAM_OF_LM = {"ner@wikineural", "evaluate@wikineural", "export@wikineural", "typos@wikineural", "report"}
ALL = DOWNSTREAM_OF_LM | {
    "check", "fetch", "documents", "sentences", "fragments", "lowercase", "lemmas", "vocabulary", "data", "charcnn",
    "pretrain", "corpora@wikineural",
}  # fmt: skip
TINY = DemoSettings(
    seed=1, articles=30, train=40, validation=20, test=20, treebank=100, tokenizer_epochs=1, tagger_iterations=1
)


class Clone:
    """A clone of the working tree whose demo is so small that a stage takes its start-up time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        site = str(folder.with_name("dvc-site"))
        self.environment = os.environ | {"DVC_NO_ANALYTICS": "1", "DVC_SITE_CACHE_DIR": site, "PATH": path}

    def run(self, *command: str, fails: bool = False, folder: Path | None = None) -> str:
        """The output of a program, which succeeds unless it `fails`."""
        where = folder or self.folder
        done = subprocess.run(command, cwd=where, env=self.environment, capture_output=True, text=True, timeout=900)
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def dvc(self, *arguments: str, fails: bool = False, folder: Path | None = None) -> str:
        return self.run(sys.executable, "-m", "dvc", *arguments, fails=fails, folder=folder)

    def git(self, *arguments: str) -> str:
        return self.run("git", *arguments)

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "A state.")

    def edit(self, name: str, change: Callable[[Any], object]) -> None:
        """Change the value of a YAML file."""
        value = yaml.safe_load((self.folder / name).read_text(encoding="utf-8"))
        change(value)
        (self.folder / name).write_text(yaml.safe_dump(value, sort_keys=False, allow_unicode=True), encoding="utf-8")

    def status(self) -> set[str]:
        """The stages that would run."""
        return set(json.loads(self.dvc("status", "--json")))

    def is_committed(self) -> bool:
        return self.git("status", "--porcelain") == ""

    def outputs(self) -> dict[str, bytes]:
        """Every file that stages after check made."""
        folders = [self.folder / name for name in ("data", "models", "metrics")]
        paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        others = ("manifest.yaml", "choice.json", "architecture.json")
        outputs = [path for path in paths if path.name not in others and path.parent.name != "code"]
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in outputs}


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    clone = Clone(tmp_path_factory.mktemp("clone") / "repo")
    names = clone.run("git", "ls-files", "--cached", "--others", "--exclude-standard", folder=ROOT).splitlines()
    for name in names:
        if (ROOT / name).is_file() and name != "dvc.lock" and not name.startswith("metrics/"):
            (clone.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, clone.folder / name)
    generate(clone.folder / "data" / "demo", TINY)
    clone.edit("params.yaml", _shrink)
    clone.git("init", "--quiet", "--initial-branch", "main")
    clone.git("config", "user.name", "Test")
    clone.git("config", "user.email", "test@example.org")
    clone.commit()
    return clone


def _shrink(params: dict[str, Any]) -> None:
    params["sets"] = ["wikineural"]
    demo = params["scales"]["demo"]
    demo["charcnn"]["training"]["epochs"] = demo["lm"]["training"]["epochs"] = 0.5
    demo["lm"]["hidden"] = demo["ner"]["hidden"] = 8
    demo["ner"]["epochs"] = 1
    params["compute"]["jobs"] = 1  # no workers to start for a few sentences


@pytest.fixture(scope="module", autouse=True)
def first_run(clone: Clone) -> str:
    """What `dvc repro` says where nothing was ever run; its results are committed."""
    output = clone.dvc("repro")
    clone.commit()
    return output


def ran(output: str) -> set[str]:
    """The stages whose command was run."""
    return set(re.findall(r"Running stage '(.+?)'", output))


def test_the_first_run_runs_every_stage_and_the_second_none(clone: Clone, first_run: str) -> None:
    assert ran(first_run) == ALL
    for name in ("pretrain.json", "cost.json", "ner/wikineural.json", "report.html", "data.html", "plots/lm.png"):
        assert (clone.folder / "metrics" / name).is_file(), name
    output = clone.dvc("repro")
    assert not ran(output) and "Data and pipelines are up to date." in output
    shown = json.loads(clone.dvc("metrics", "show", "--json"))[""]["data"]  # once 200 counts were among them
    assert sorted(shown) == ["metrics/cost.json", "metrics/ner/wikineural.json", "metrics/pretrain.json"]


def test_a_clone_says_what_it_would_run(clone: Clone, tmp_path: Path) -> None:
    """`--dry` alone looks for files that it does not make (DVC's issue 9818); docs/experiments.md names these two."""
    clone.git("clone", "--quiet", ".", str(tmp_path / "clone"))
    for option, stages in (("--allow-missing", set()), ("--force", ALL)):
        assert ran(clone.dvc("repro", "--dry", option, folder=tmp_path / "clone")) == stages
    assert clone.run("git", "status", "--porcelain", folder=tmp_path / "clone") == ""


def test_an_exported_tagger_is_an_artifact(clone: Clone, tmp_path: Path) -> None:
    """As docs/predict.md has it: a remote, a push, a tag."""
    commit = clone.git("rev-parse", "HEAD").strip()
    clone.dvc("remote", "add", "--default", "store", str(tmp_path / "store"))
    clone.commit()
    clone.dvc("push", "models/tagger/wikineural")
    clone.git("tag", "--annotate", "tagger-wikineural@v1.0.0", "--message", "A tagger.")
    clone.dvc("artifacts", "get", str(clone.folder), "tagger-wikineural", folder=tmp_path)
    files = {path.name for path in (tmp_path / "wikineural").iterdir()}
    assert files == {"README.md", "tagger.json", "model.udpipe", "lm", "tagger"}
    clone.git("tag", "--delete", "tagger-wikineural@v1.0.0")
    clone.git("reset", "--quiet", "--hard", commit)


def test_another_architecture_reruns_pretraining_and_what_follows(clone: Clone) -> None:
    targets = ["evaluate@wikineural", "export@wikineural"]
    output = clone.dvc("exp", "run", "--name", "with-gru", "--set-param", "arch=gru", *targets)
    # check reads params.yaml, whatever changes in it.
    assert ran(output) == {"check", "pretrain", "ner@wikineural", "typos@wikineural", *targets}
    assert clone.status() == DOWNSTREAM_OF_LM - ran(output)
    difference = clone.dvc("metrics", "diff", "--all", "main", "with-gru")
    assert "lm.perplexity" in difference and "wikineural.entity_f1" in difference
    assert re.search(r"params.yaml\s+arch\s+sru\s+gru", clone.dvc("params", "diff", "main", "with-gru"))


def test_compare_reads_an_experiment_where_it_is(clone: Clone) -> None:
    """The workspace is still the experiment's; `main` is read beside it, out of git and the cache."""
    pipeline, metrics = [sys.executable, "-m", "pipeline"], clone.folder / "metrics"
    before = clone.outputs()
    output = clone.run(*pipeline, "compare", "main", "with-gru", "--resamples", "50")
    assert re.search(r"arch +sru +gru", output)
    name = "metrics/ner/wikineural.json"
    texts = clone.git("show", f"main:{name}"), (clone.folder / name).read_text(encoding="utf-8")
    a, b = (f"{json.loads(text)['wikineural']['entity_f1']:.3f}" for text in texts)
    assert re.search(rf"Entity F1 +\d+ +{a} +{b} ", output), output
    output = clone.run(*pipeline, "study", "demo", "--no-compute")
    assert "not run: charcnn; lstm\n" in output and "running" not in output
    assert re.search(rf"sru +{a} ", output), output
    clone.git("checkout", "--quiet", "docs")
    clone.git("clean", "--quiet", "-dx", "--force", "results")
    shutil.rmtree(metrics / "compare")
    assert clone.outputs() == before


def test_going_back_recomputes_nothing(clone: Clone) -> None:
    clone.git("checkout", "--quiet", "params.yaml")
    output = clone.dvc("repro")
    assert not ran(output), output
    assert "Stage 'pretrain' is cached" in output
    assert clone.is_committed()


def test_a_study_runs_what_was_not_run_and_another_clone_draws_the_same_page(clone: Clone, tmp_path: Path) -> None:
    """One row is the workspace's, the other differs in typos only; the other clone has the CSV files and no cache."""
    command = [sys.executable, "-m", "pipeline", "study", "misspelt"]
    name, results = "studies/misspelt.yaml", clone.folder / "results" / "misspelt"
    text = "question: How many?\nbaseline: few\nrows: {few: {}, 'Ещё, больше': {typos.rates: [0, 0.5]}}\n"
    (clone.folder / name).write_text(text, encoding="utf-8")
    output = clone.run(*command)
    assert "running experiments: 1;" in output and "not run" not in output and "Traceback" not in output
    assert ran(output) == {"check", "typos@wikineural"}
    files = {path.name: path.read_bytes() for path in results.iterdir()}
    assert "Ещё, больше" in files["pairs.csv"].decode()
    assert "running" not in clone.run(*command)
    assert {path.name: path.read_bytes() for path in results.iterdir()} == files

    other = tmp_path / "clone"
    clone.git("clone", "--quiet", ".", str(other))
    shutil.copyfile(clone.folder / name, other / name)
    (other / "results" / "misspelt").mkdir(parents=True)
    for table in results.glob("*.csv"):
        shutil.copyfile(table, other / "results" / "misspelt" / table.name)
    clone.run(*command, "--no-compute", folder=other)
    assert {path.name: path.read_bytes() for path in (other / "results" / "misspelt").iterdir()} == files
    (clone.folder / name).unlink()
    shutil.rmtree(results)
    assert clone.is_committed()


def test_a_team_shares_an_experiment(clone: Clone, tmp_path: Path) -> None:
    """As docs/experiments.md has it, from the remote to the comment on a pull request."""
    commit = clone.git("rev-parse", "HEAD").strip()
    hub, other = tmp_path / "hub.git", tmp_path / "other"
    clone.git("clone", "--quiet", "--bare", ".", str(hub))
    clone.git("remote", "add", "origin", str(hub))
    clone.dvc("remote", "add", "--default", "store", str(tmp_path / "store"))
    clone.git("commit", "--quiet", "--message", "A remote.", ".dvc/config")
    clone.dvc("push")
    clone.git("push", "--quiet", "origin", "main")
    clone.dvc("exp", "run", "--name", "shared", "--set-param", "arch=gru", "evaluate@wikineural")
    clone.dvc("exp", "push", "origin", "shared")
    model = (clone.folder / "models/lm/lm.safetensors").read_bytes()

    clone.git("clone", "--quiet", str(hub), str(other))
    clone.dvc("pull", folder=other)
    assert clone.dvc("status", "--json", folder=other).strip() == "{}"
    clone.dvc("exp", "pull", "origin", "shared", folder=other)
    clone.dvc("exp", "apply", "shared", folder=other)
    assert (other / "models/lm/lm.safetensors").read_bytes() == model

    for key, value in (("name", "Test"), ("email", "test@example.org")):
        clone.run("git", "config", f"user.{key}", value, folder=other)
    clone.run("git", "commit", "--quiet", "--all", "--message", "A GRU.", folder=other)
    comment = post_metrics_diff(clone, other, tmp_path)
    assert re.search(r"lm[.]arch +[|] sru +[|] gru", comment), comment
    clone.run("git", "checkout", "--quiet", "origin/main", folder=other)
    assert post_metrics_diff(clone, other, tmp_path).endswith("\n\nNo metric differs.\n")

    clone.git("reset", "--quiet", "--hard", commit)
    clone.git("remote", "remove", "origin")
    clone.dvc("exp", "remove", "shared")
    clone.dvc("checkout")
    assert clone.is_committed()


def post_metrics_diff(clone: Clone, folder: Path, scratch: Path) -> str:
    """The comment that .github/workflows/ci.yml posts where `folder` is the checkout of a pull request."""
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    step = workflow["jobs"]["test"]["steps"][-1]
    (folder / ".venv/bin").mkdir(parents=True, exist_ok=True)
    (folder / ".venv/bin/activate").touch()
    gh = scratch / "gh"  # says what it was told, and shows the file that it was told to post
    gh.write_text('#!/bin/bash\necho "$@" && cat "${!#}"\n')
    gh.chmod(0o755)
    variables = {"BASE": "origin/main", "NUMBER": "7", "FORK": "false", "GITHUB_STEP_SUMMARY": str(scratch / "summary")}
    assert variables.keys() - {"GITHUB_STEP_SUMMARY"} == step["env"].keys() - {"GH_TOKEN"}
    settings = [f"{key}={value}" for key, value in variables.items()]
    script = f'PATH="{scratch}:$PATH"\n{step["run"]}'
    posted = clone.run("env", *settings, "bash", "-e", "-c", script, folder=folder)
    assert posted.startswith("pr comment 7 --edit-last --create-if-none --body-file metrics-diff.md\n")
    return posted


def _choose_protocol(params: dict[str, Any]) -> None:
    params["protocol"].update(lemmas=False, tokens="alphanumeric", epoch="last")


def _choose_learning_rate(params: dict[str, Any]) -> None:
    params["scales"]["demo"]["ner"].update(learning_rate=0.02)


@pytest.mark.parametrize(
    ("change", "stages"),
    [
        (_choose_learning_rate, "ner report"),  # whose page shows all settings
        (_choose_protocol, "lemmas corpora ner evaluate export typos report"),
        ("pipeline/report/page.py", "report"),
        ("pipeline/lm/rnn/gru.py", ""),
        ("pipeline/lm/rnn/sru/recurrence.py", "pretrain ner evaluate export typos"),
    ],
)
def test_an_edit_reruns_what_reads_it(clone: Clone, change: Any, stages: str) -> None:
    if isinstance(change, str):
        with (clone.folder / change).open("a", encoding="utf-8") as file:
            file.write("EDITED = True\n")
    else:
        clone.edit("params.yaml", change)
    assert ran(clone.dvc("repro", "check")) == {"check"}
    assert {stage.removesuffix("@wikineural") for stage in clone.status()} == set(stages.split())
    clone.git("checkout", "--quiet", ".")
    assert not ran(clone.dvc("repro", "check"))


def test_another_data_set_reruns_of_the_text_what_leaves_out_its_test_sentences(clone: Clone) -> None:
    clone.edit("params.yaml", lambda params: params["sets"].append("multiconer"))
    assert ran(clone.dvc("repro", "corpora")) == {"check", "fetch", "corpora@multiconer"}
    assert clone.status() == {
        "fragments",
        "report",
        *(f"{stage}@multiconer" for stage in ("ner", "evaluate", "export", "typos")),
    }


def test_a_data_set_that_is_taken_out_leaves_the_others_as_they_are(clone: Clone) -> None:
    clone.edit("params.yaml", lambda params: params.update(sets=["third"]))
    output = clone.dvc("repro", "fetch", fails=True)
    assert "ner: found wikineural, multiconer, expected third as well, of sets in params.yaml" in output
    assert "Traceback" not in output
    clone.git("checkout", "--quiet", ".")
    shutil.rmtree(clone.folder / "data" / "ner" / "multiconer")
    output = clone.dvc("repro")
    assert ran(output) == {"fetch"}  # what persists, DVC does not take from its cache of runs
    assert "ner.multiconer: left out: not one of sets in params.yaml" in output
    assert clone.is_committed()


def test_what_a_killed_dvc_has_left_half_written_does_not_stop_make_repro(clone: Clone) -> None:
    lock = clone.folder / "dvc.lock"
    lock.write_text("")
    assert "validation failed" in clone.dvc("status", fails=True)
    clone.git("checkout", "--quiet", "dvc.lock")
    (clone.folder / ".dvc" / "tmp" / "rwlock").write_text("")
    assert "Unable to read RWLock-file" in clone.dvc("repro", fails=True)
    lock.write_text("schema: '2.0'\nstages:\n  ch")
    output = clone.run("make", "--old-file", "install", "repro")  # with the packages that are there
    assert not ran(output)
    assert "rwlock: removed" in output and "dvc.lock: is as git has it again" in output
    assert clone.is_committed()


@pytest.mark.parametrize(
    ("name", "change", "stage", "message"),
    [
        ("params.yaml", lambda params: params.update(arch="gruu"), "check", "arch: found 'gruu', expected one of"),
        ("data/demo/manifest.yaml", lambda files: files["udpipe"].update(sha256="0" * 64), "fetch", "0" * 64),
    ],
    ids=["a wrong name", "a wrong sum"],
)
def test_bad_input_stops_everything_and_harms_nothing(
    clone: Clone, name: str, change: Callable[[Any], object], stage: str, message: str
) -> None:
    clone.edit(name, change)
    before = clone.outputs()
    output = clone.dvc("repro", fails=True)
    assert ran(output) == {stage} and message in output and "Traceback" not in output
    assert clone.outputs() == before
    clone.git("checkout", "--quiet", ".")
    assert not ran(clone.dvc("repro"))


def test_a_killed_temporary_experiment_goes_on(clone: Clone) -> None:
    """DVC deletes the scratch copy of an experiment that fails; the checkpoint is not in it."""
    settings = ["-S", "arch=lstm", "-S", "scales.demo.lm.training.epochs=8", "-S", "compute.checkpoint_minutes=1e-6"]
    experiment = ["exp", "run", "--temp", "--name", "killed", *settings, "pretrain"]
    process = subprocess.Popen(
        [sys.executable, "-m", "dvc", *experiment],
        cwd=clone.folder,
        env=clone.environment,
        stdout=subprocess.DEVNULL,
    )
    checkpoint, until = "models/.checkpoints/*/state.safetensors", time.monotonic() + 120
    while not list(clone.folder.glob(checkpoint)) and time.monotonic() < until:
        time.sleep(0.02)
    (trainer,) = [p for p in psutil.Process(process.pid).children(recursive=True) if "pretrain" in p.cmdline()[-1:]]
    trainer.suspend()
    assert list(clone.folder.glob(checkpoint)), "it had done all its steps before it could be killed"
    trainer.kill()
    assert process.wait(60) != 0
    output = clone.dvc(*experiment)
    assert "pretrain" in ran(output) and "pretrain lstm: goes on after step" in output
    assert not list((clone.folder / "models" / ".checkpoints").iterdir())
    assert "killed" in clone.dvc("exp", "show", "--csv")


def test_a_published_elmo_is_fetched_when_it_is_asked_for(clone: Clone) -> None:
    """Text is not read again, nor anything else fetched."""
    clone.edit("params.yaml", lambda params: params.update(arch="elmo"))
    assert ran(clone.dvc("repro", "pretrain")) == {"check", "fetch", "charcnn", "pretrain"}
    metrics = json.loads((clone.folder / "metrics/pretrain.json").read_text())
    assert metrics["lm"]["parameters_m"] == 0.0748
