"""A DVC repository whose outputs are written and not computed; `dvc commit` takes them for outputs of the stages.

main                 sru, seeds 1 and 2
with-gru             an experiment: gru, better taggers
feature/three-seeds  a branch with a seed more
other-test           a branch with another test sentence
stale                a branch whose settings were edited after the last run
recoded              a branch whose code was edited
other-cell           a branch where the code of both architectures was, sru's last
"""

import subprocess
from collections.abc import Callable
from pathlib import Path
from shutil import copyfile, rmtree
from typing import Any

import numpy as np
import yaml

from pipeline.files.json import write_json
from pipeline.ner.data.bio import bio_labels
from pipeline.ner.data.corpus import Sentence, write_labels, write_split
from pipeline.ner.scoring.tested import prediction_path, write_predictions
from pipeline.provenance.code import describe_architecture, read_sources, stage_code

SETS = {"wikineural": ["PER", "ORG"], "multiconer": ["PER", "CW"]}
SENTENCES, LENGTH = 60, 6
LENGTHS = np.full(SENTENCES, LENGTH)
ODD_TOKENS = ["<script>", "&amp;", "````", "Москва", "|", "</mark>"]

CODE = "pipeline/stages/evaluate.py"
CELLS = {arch: f"pipeline/lm/rnn/{arch}.py" for arch in ("sru", "gru")}


def gold(name: str) -> np.ndarray:
    """Label numbers of the test split (tokens,): O and B-, about half and half."""
    random = np.random.default_rng(len(name))
    tags = 2 * random.integers(len(SETS[name]), size=SENTENCES * LENGTH) + 1
    return tags * random.integers(2, size=tags.size)


def predicted(name: str, arch: str, seed: int) -> np.ndarray:
    """A tagger's label numbers (tokens,): gold, but for a third of the tokens, a tenth with gru."""
    random = np.random.default_rng([len(arch), ord(arch[0]), seed])
    wrong = random.random(SENTENCES * LENGTH) < (0.1 if arch == "gru" else 0.35)
    return np.where(wrong, random.integers(1 + 2 * len(SETS[name]), size=SENTENCES * LENGTH), gold(name))


def build(folder: Path) -> None:
    """Make the repository in an empty folder, which must be the current one."""
    from dvc.repo import Repo

    git("init", "--quiet", "--initial-branch", "main")
    git("config", "user.name", "Test")
    git("config", "user.email", "test@example.org")
    Repo.init().close()
    copyfile(Path(__file__).with_name("stages.yaml"), "dvc.yaml")
    for file in (CODE, *CELLS.values()):
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        Path(file).write_text("", encoding="utf-8")
    _run("sru", seeds=[1, 2])
    _branch("feature/three-seeds")
    _run("sru", seeds=[1, 2, 3])
    _branch("other-test")
    _run("sru", seeds=[1, 2], change=lambda sentences: sentences[6].tokens.__setitem__(0, "другое"))
    _branch("stale")
    _edit("params.yaml", yaml.safe_dump(make_params("gru")))
    _branch("recoded")
    _edit(CODE, "SCORE = 1\n")
    _branch("other-cell")
    _edit(CELLS["gru"], "GATES = 4\n")
    _edit(CELLS["sru"], "GATES = 4\n")
    git("checkout", "--quiet", "main")
    _write("gru", seeds=[1, 2])
    with Repo() as repo:
        repo.experiments.save(name="with-gru")
    git("checkout", "--quiet", ".")
    with Repo() as repo:
        repo.checkout(force=True)


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout


def _branch(name: str) -> None:
    git("checkout", "--quiet", "-b", name, "main")


def _edit(file: str, text: str) -> None:
    Path(file).write_text(text, encoding="utf-8")
    git("commit", "--quiet", "--all", "--message", "edited, not run")


def _run(arch: str, seeds: list[int], change: Callable[[list[Sentence]], None] = lambda _: None) -> None:
    """Write all outputs, and commit them to DVC and git."""
    from dvc.repo import Repo

    _write(arch, seeds, change)
    with Repo() as repo:
        repo.commit(force=True)
    git("add", "--all")
    git("commit", "--quiet", "--message", "run")


def _write(arch: str, seeds: list[int], change: Callable[[list[Sentence]], None] = lambda _: None) -> None:
    """All outputs of all stages; `change` edits the test sentences of multiconer."""
    params = make_params(arch)
    Path("params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    for out in ("data/ner", "data/predictions"):
        for name in SETS:
            rmtree(f"{out}/{name}", ignore_errors=True)
            Path(out, name).mkdir(parents=True)
    Path("models").mkdir(exist_ok=True)
    write_json(Path("models/architecture.json"), describe_architecture(params, read_sources(Path())))
    write_json(Path("data/code/evaluate.json"), stage_code("evaluate", read_sources(Path())))
    for name, types in SETS.items():
        corpus, labels = Path("data/ner", name), bio_labels(types)
        rows = [[labels[tag] for tag in row] for row in gold(name).reshape(SENTENCES, LENGTH).tolist()]
        sentences = [Sentence([*ODD_TOKENS], [*ODD_TOKENS], tags) for tags in rows]
        if name == "multiconer":
            change(sentences)
        write_labels(corpus, labels)
        write_split(corpus / "test.tsv", sentences)
        for seed in seeds:
            path = prediction_path(Path("data/predictions", name), str(seed))
            write_predictions(path, predicted(name, arch, seed), LENGTHS, labels)


def make_params(arch: str) -> dict[str, Any]:
    archs = {name: {"cell": name, "layers": 2, "residual": False} for name in CELLS}
    return {"arch": arch, "seed": 1, "archs": archs}
