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

Run = Callable[..., str]


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of the working tree whose demo is so small that a stage takes its start-up time."""
    target = tmp_path_factory.mktemp("clone") / "repo"
    names = _git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    for name in names:
        if (ROOT / name).is_file() and name != "dvc.lock" and not name.startswith("metrics/"):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target / name)
    generate(target / "data" / "demo", TINY)
    _edit_yaml(target / "params.yaml", _shrink_params)
    _git(target, "init", "--quiet", "--initial-branch", "main")
    _git(target, "config", "user.name", "Test")
    _git(target, "config", "user.email", "test@example.org")
    _commit(target)
    return target


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Of a dvc command."""
    site = tmp_path_factory.getbasetemp() / "dvc-site"
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return os.environ | {"DVC_NO_ANALYTICS": "1", "DVC_SITE_CACHE_DIR": str(site), "PATH": path}


@pytest.fixture(scope="module")
def dvc(repo: Path, environment: dict[str, str]) -> Run:
    """Run a dvc command in the clone; its output. `fails=True` if it must not succeed."""

    def run(*arguments: str, fails: bool = False) -> str:
        command = [sys.executable, "-m", "dvc", *arguments]
        result = subprocess.run(command, cwd=repo, env=environment, capture_output=True, text=True, timeout=900)
        assert (result.returncode != 0) == fails, result.stdout + result.stderr
        return result.stdout + result.stderr

    return run


def ran(output: str) -> set[str]:
    """The stages whose command was run."""
    return set(re.findall(r"Running stage '(.+?)'", output))


@pytest.fixture(scope="module", autouse=True)
def first_run(repo: Path, dvc: Run) -> str:
    """What `dvc repro` says where nothing was ever run; its results are committed."""
    output = dvc("repro")
    _commit(repo)
    return output


def test_the_first_run_runs_every_stage(repo: Path, first_run: str) -> None:
    assert ran(first_run) == ALL
    for name in (
        "pretrain.json",
        "cost.json",
        "data.json",
        "ner/wikineural.json",
        "report.html",
        "report.md",
        "data.html",
        "plots/lm.png",
    ):
        assert (repo / "metrics" / name).is_file(), name


def test_the_second_run_runs_none(dvc: Run) -> None:
    output = dvc("repro")
    assert not ran(output) and "Data and pipelines are up to date." in output


def test_the_metrics_are_scores_and_the_language_model(dvc: Run) -> None:
    """200 counts were among them once, and the table 7,465 columns wide."""
    shown = json.loads(dvc("metrics", "show", "--json"))[""]["data"]
    assert sorted(shown) == ["metrics/cost.json", "metrics/ner/wikineural.json", "metrics/pretrain.json"]


def test_a_clone_says_what_it_would_run(repo: Path, environment: dict[str, str], tmp_path: Path) -> None:
    """`--dry` alone looks for files that it does not make (DVC's issue 9818); README.md names these two."""
    _git(tmp_path, "clone", "--quiet", str(repo), "clone")

    def dry(option: str) -> str:
        command = [sys.executable, "-m", "dvc", "repro", "--dry", option]
        done = subprocess.run(command, cwd=tmp_path / "clone", env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert not ran(dry("--allow-missing"))
    assert ran(dry("--force")) == ALL
    assert _git(tmp_path / "clone", "status", "--porcelain") == ""


def test_an_exported_tagger_is_an_artifact(repo: Path, dvc: Run, environment: dict[str, str], tmp_path: Path) -> None:
    """As docs/predict.md has it: a remote, a push, a tag."""
    commit = _git(repo, "rev-parse", "HEAD").strip()
    dvc("remote", "add", "--default", "store", str(tmp_path / "store"))
    _commit(repo)
    dvc("push", "models/tagger/wikineural")
    _git(repo, "tag", "--annotate", "tagger-wikineural@v1.0.0", "--message", "A tagger.")
    command = [sys.executable, "-m", "dvc", "artifacts", "get", str(repo), "tagger-wikineural"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    files = {path.name for path in (tmp_path / "wikineural").iterdir()}
    assert files == {"README.md", "tagger.json", "model.udpipe", "lm", "tagger"}
    _git(repo, "tag", "--delete", "tagger-wikineural@v1.0.0")
    _git(repo, "reset", "--quiet", "--hard", commit)


def test_another_architecture_reruns_pretraining_and_what_follows(repo: Path, dvc: Run) -> None:
    targets = ["evaluate@wikineural", "export@wikineural"]
    output = dvc("exp", "run", "--name", "with-gru", "--set-param", "arch=gru", *targets)
    # check reads params.yaml, whatever changes in it.
    assert ran(output) == {"check", "pretrain", "ner@wikineural", *targets}
    assert set(json.loads(dvc("status", "--json"))) == DOWNSTREAM_OF_LM - ran(output)
    difference = dvc("metrics", "diff", "--all", "main", "with-gru")
    assert "lm.perplexity" in difference and "wikineural.entity_f1" in difference
    assert re.search(r"params.yaml\s+arch\s+sru\s+gru", dvc("params", "diff", "main", "with-gru"))


def test_compare_reads_an_experiment_where_it_is(repo: Path, environment: dict[str, str]) -> None:
    """The workspace is still the experiment's; `main` is read beside it, out of git and the cache."""
    command = [sys.executable, "-m", "pipeline", "compare", "main", "with-gru", "--resamples", "50"]
    before = _outputs(repo)
    done = subprocess.run(command, cwd=repo, env=environment, capture_output=True, text=True)
    assert done.returncode == 0 and re.search(r"arch +sru +gru", done.stdout), done.stderr
    metrics = "metrics/ner/wikineural.json"
    texts = _git(repo, "show", f"main:{metrics}"), (repo / metrics).read_text(encoding="utf-8")
    a, b = (f"{json.loads(text)['wikineural']['entity_f1']:.3f}" for text in texts)
    assert re.search(rf"Entity F1 +\d+ +{a} +{b} ", done.stdout), done.stdout
    status = _git(repo, "status", "--porcelain")
    subprocess.run([*command[:3], "tables", "main", "--no-compute"], cwd=repo, env=environment, check=True)
    assert (repo / "metrics" / "tables.html").is_file() and _git(repo, "status", "--porcelain") == status
    for path in [*(repo / "metrics").glob("tables.*")]:
        path.unlink()
    shutil.rmtree(repo / "metrics" / "compare")
    assert _outputs(repo) == before


def test_going_back_recomputes_nothing(repo: Path, dvc: Run) -> None:
    _git(repo, "checkout", "--quiet", "params.yaml")
    output = dvc("repro")
    assert not ran(output), output
    assert "Stage 'pretrain' is cached" in output
    assert _git(repo, "status", "--porcelain") == ""


def test_a_tagger_learning_rate_reruns_no_language_model(repo: Path, dvc: Run) -> None:
    _edit_yaml(repo / "params.yaml", lambda params: params["scales"]["demo"]["ner"].update(learning_rate=0.02))
    # The report's page shows all settings.
    assert set(json.loads(dvc("status", "--json"))) == {"check", "ner@wikineural", "report"}
    _git(repo, "checkout", "--quiet", "params.yaml")


def test_another_protocol_reruns_only_what_reads_a_value_that_differs(repo: Path, dvc: Run) -> None:
    def choose(params: dict) -> None:  # type: ignore[type-arg]
        params["protocol"].update(lemmas=False, tokens="alphanumeric", epoch="last")

    _edit_yaml(repo / "params.yaml", choose)
    assert ran(dvc("repro", "check")) == {"check"}
    of_sets = {f"{stage}@wikineural" for stage in ("corpora", "ner", "export", "typos")}
    assert set(json.loads(dvc("status", "--json"))) == {"lemmas", "report"} | of_sets
    _git(repo, "checkout", "--quiet", "params.yaml")
    assert not ran(dvc("repro", "check"))


def test_another_data_set_reruns_no_text_and_no_language_model(repo: Path, dvc: Run) -> None:
    _edit_yaml(repo / "params.yaml", lambda params: params["sets"].append("multiconer"))
    assert ran(dvc("repro", "corpora")) == {"check", "fetch", "corpora@multiconer"}
    of_another = {f"{stage}@multiconer" for stage in ("ner", "evaluate", "export", "typos")}
    assert set(json.loads(dvc("status", "--json"))) == {"report"} | of_another


def test_a_data_set_that_is_taken_out_leaves_the_others_as_they_are(repo: Path, dvc: Run) -> None:
    _edit_yaml(repo / "params.yaml", lambda params: params.update(sets=["third"]))
    output = dvc("repro", "fetch", fails=True)
    assert "ner: found wikineural, multiconer, expected third as well, of sets in params.yaml" in output
    assert "Traceback" not in output
    _git(repo, "checkout", "--quiet", ".")
    shutil.rmtree(repo / "data" / "ner" / "multiconer")
    output = dvc("repro")
    assert ran(output) == {"fetch"}  # what persists, DVC does not take from its cache of runs
    assert "ner.multiconer: left out: not one of sets in params.yaml" in output
    assert _git(repo, "status", "--porcelain") == ""


def test_code_of_the_report_reruns_the_report_only(repo: Path, dvc: Run) -> None:
    _append(repo / "pipeline/report/page.py", "EDITED = True\n")
    assert ran(dvc("repro", "check")) == {"check"}
    assert set(json.loads(dvc("status", "--json"))) == {"report"}
    _git(repo, "checkout", "--quiet", "pipeline")


def test_code_of_one_architecture_reruns_only_experiments_with_it(repo: Path, dvc: Run) -> None:
    _append(repo / "pipeline/lm/rnn/gru.py", "EDITED = True\n")
    assert ran(dvc("repro")) == {"check"}
    _append(repo / "pipeline/lm/rnn/sru/recurrence.py", "EDITED = True\n")
    assert ran(dvc("repro", "check")) == {"check"}
    assert "models/architecture.json" in dvc("status", "pretrain")
    _git(repo, "checkout", "--quiet", "pipeline")


def test_what_a_killed_dvc_has_left_half_written_does_not_stop_make_repro(
    repo: Path, dvc: Run, environment: dict[str, str]
) -> None:
    (repo / "dvc.lock").write_text("")
    assert "validation failed" in dvc("status", fails=True)
    _git(repo, "checkout", "--quiet", "dvc.lock")
    (repo / ".dvc" / "tmp" / "rwlock").write_text("")
    assert "Unable to read RWLock-file" in dvc("repro", fails=True)
    (repo / "dvc.lock").write_text("schema: '2.0'\nstages:\n  ch")
    command = ["make", "--old-file", "install", "repro"]  # with the packages that are there
    done = subprocess.run(command, cwd=repo, env=environment, capture_output=True, text=True)
    assert done.returncode == 0 and not ran(done.stdout), done.stdout + done.stderr
    assert "rwlock: removed" in done.stderr and "dvc.lock: is as git has it again" in done.stderr
    assert _git(repo, "status", "--porcelain") == ""


def test_a_wrong_name_stops_everything_and_harms_nothing(repo: Path, dvc: Run) -> None:
    _edit_yaml(repo / "params.yaml", lambda params: params.update(arch="gruu"))
    before = _outputs(repo)
    output = dvc("repro", fails=True)
    assert ran(output) == {"check"} and "arch: found 'gruu', expected one of charcnn, lstm, gru, sru" in output
    assert "Traceback" not in output and _outputs(repo) == before
    _git(repo, "checkout", "--quiet", ".")
    assert not ran(dvc("repro"))


def test_a_bad_input_harms_nothing(repo: Path, dvc: Run) -> None:
    def spoil(manifest: dict) -> None:  # type: ignore[type-arg]
        manifest["udpipe"]["sha256"] = "0" * 64

    _edit_yaml(repo / "data/demo/manifest.yaml", spoil)
    before = _outputs(repo)
    output = dvc("repro", fails=True)
    assert ran(output) == {"fetch"} and "udpipe" in output and "0" * 64 in output and "Traceback" not in output
    assert _outputs(repo) == before
    _git(repo, "checkout", "--quiet", ".")


def test_a_killed_temporary_experiment_goes_on(repo: Path, dvc: Run, environment: dict[str, str]) -> None:
    """DVC deletes the scratch copy of an experiment that fails; the checkpoint is not in it."""
    settings = ["-S", "arch=lstm", "-S", "scales.demo.lm.training.epochs=4", "-S", "compute.checkpoint_minutes=1e-6"]
    experiment = ["exp", "run", "--temp", "--name", "killed", *settings, "pretrain"]
    process = subprocess.Popen(
        [sys.executable, "-m", "dvc", *experiment], cwd=repo, env=environment, stdout=subprocess.DEVNULL
    )
    until = time.monotonic() + 120
    while not list(repo.glob("models/.checkpoints/*/state.safetensors")) and time.monotonic() < until:
        time.sleep(0.02)
    (trainer,) = [p for p in psutil.Process(process.pid).children(recursive=True) if "pretrain" in p.cmdline()[-1:]]
    trainer.kill()
    assert process.wait(60) != 0
    output = dvc(*experiment)
    assert "pretrain" in ran(output) and "pretrain lstm: goes on after step" in output
    assert not list((repo / "models" / ".checkpoints").iterdir())
    assert "killed" in dvc("exp", "show", "--csv")


def test_a_published_elmo_is_fetched_when_it_is_asked_for(repo: Path, dvc: Run) -> None:
    """Text is not read again, nor anything else fetched."""
    _edit_yaml(repo / "params.yaml", lambda params: params.update(arch="elmo"))
    assert ran(dvc("repro", "pretrain")) == {"check", "fetch", "charcnn", "pretrain"}
    assert json.loads((repo / "metrics/pretrain.json").read_text())["lm"]["parameters_m"] == 0.0748


def _outputs(repo: Path) -> dict[str, bytes]:
    """Every file that stages after check made."""
    folders = [repo / "data", repo / "models", repo / "metrics"]
    paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    of_check = ("choice.json", "architecture.json")
    written = [path for path in paths if path.name not in ("manifest.yaml", *of_check) and path.parent.name != "code"]
    return {str(path.relative_to(repo)): path.read_bytes() for path in written}


def _shrink_params(params: dict) -> None:  # type: ignore[type-arg]
    params["sets"] = ["wikineural"]
    demo = params["scales"]["demo"]
    demo["charcnn"]["training"]["epochs"] = demo["lm"]["training"]["epochs"] = 0.5
    demo["lm"]["hidden"] = demo["ner"]["hidden"] = 8
    demo["ner"]["epochs"] = 1
    params["compute"]["jobs"] = 1  # no workers to start for a few sentences


def _edit_yaml(path: Path, edit: Callable[[dict], None]) -> None:  # type: ignore[type-arg]
    value = yaml.safe_load(path.read_text(encoding="utf-8"))
    edit(value)
    path.write_text(yaml.safe_dump(value, sort_keys=False, allow_unicode=True), encoding="utf-8")


def _append(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def _commit(repo: Path) -> None:
    _git(repo, "add", "--all")
    _git(repo, "commit", "--quiet", "--allow-empty", "--message", "A state.")


def _git(folder: Path, *arguments: str) -> str:
    result = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout
