"""The house: which room may import which, and whether dvc.yaml knows every file that decides a stage's result."""

import ast
import re
import subprocess
import sys
from collections.abc import Mapping
from functools import cache, reduce
from itertools import pairwise
from modulefinder import ModuleFinder
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml

from pipeline import cli
from pipeline.lm.settings import NO_CELL, cells
from pipeline.params import Scale
from pipeline.provenance.code import (
    PLUMBING,
    cell_code,
    describe_architecture,
    imports,
    reached,
    read_sources,
    stage_code,
    stages,
)

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "pipeline"
PARAMS: dict[str, Any] = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
SOURCES = read_sources(ROOT)
MODULES = [path for path in SOURCES if path.endswith(".py")]
STAGES = stages(SOURCES)
DVC: dict[str, Any] = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
PAGE = (ROOT / "docs" / "code.md").read_text(encoding="utf-8")


@cache
def nodes(path: str) -> list[ast.AST]:
    """All nodes of a module's syntax tree."""
    return [*ast.walk(ast.parse(SOURCES[path]))]


def room(path: str) -> str:
    return PurePosixPath(path).parts[1].removesuffix(".py")


@pytest.mark.parametrize("cell", [cell for cell in cells() if cell != NO_CELL])
def test_the_code_of_an_architecture_is_all_it_reaches(cell: str) -> None:
    """The sum of that code, and the deps of the stage, decide whether it is trained again."""
    code = set(cell_code(cell, SOURCES))
    assert f"pipeline/lm/rnn/{cell}.py" in code or f"pipeline/lm/rnn/{cell}/__init__.py" in code
    files = set().union(*(reached(path, SOURCES) for path in code))
    assert files <= code | set(stage_code("pretrain", SOURCES))


def test_no_data_set_has_its_name_in_the_pipeline() -> None:
    """Only the layouts are named after sets; the paper's numbers and the licences of files are YAML."""
    names = set(PARAMS["sets"])
    for path in (path for path in MODULES if path != "pipeline/ner/data/formats/__init__.py"):
        assert not names & {node.value for node in nodes(path) if isinstance(node, ast.Constant)}, path
    assert not any(name in yaml.safe_dump(DVC) for name in names)


def test_every_stage_is_a_file_and_a_command() -> None:
    assert sorted(DVC) == STAGES and list(cli.STAGES) == list(DVC)
    assert "pipeline" in DVC["check"]["deps"] and "data/code" in DVC["check"]["outs"]


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_is_to_dvc_a_command_that_depends_on_its_code_and_on_no_other(stage: str) -> None:
    command = f"python -m pipeline {stage}"
    assert DVC[stage]["cmd"] == (f"{command} ${{item.set}}" if stage in cli.OF_A_SET else command)
    code = [dep for dep in DVC[stage]["deps"] if str(dep).startswith(("pipeline", "data/code"))]
    assert code == ["pipeline" if stage == "check" else f"data/code/{stage}.json"]
    text = SOURCES[f"pipeline/stages/{stage}.py"]
    assert (stage in cli.TORCH) == (b"from pipeline.machine" in text)
    assert (stage in cli.TRAIN) == (b"from pipeline.work.checkpoint import Run" in text)


QUICK = {"documents", "pretrain"}


@pytest.mark.parametrize(
    "stage", [stage if stage in QUICK else pytest.param(stage, marks=pytest.mark.slow) for stage in STAGES]
)
def test_the_code_of_a_stage_is_what_the_standard_library_finds(stage: str) -> None:
    """`modulefinder` reads byte code, and takes packages with nothing but a docstring for code too.

    params.py, with the settings of all stages, is left out: DVC compares values.
    """
    finder = ModuleFinder(path=[str(ROOT)], excludes=["pipeline.params"])
    finder.run_script(str(PACKAGE / "stages" / f"{stage}.py"))
    files = [getattr(module, "__file__", None) for module in finder.modules.values()]
    modules = {Path(file).relative_to(ROOT).as_posix() for file in files if file}
    code = {path for path in stage_code(stage, SOURCES) if path.endswith(".py")}
    assert code <= modules
    assert all(path.endswith("/__init__.py") or path.startswith(PLUMBING) for path in modules - code)


def test_what_is_reached_through_the_plumbing_counts_and_the_plumbing_does_not() -> None:
    sources = {
        "pipeline/stages/a.py": b"def run():\n    from pipeline.b import c",
        "pipeline/b/__init__.py": b"from pipeline import outputs",
        "pipeline/b/c.py": b"import pipeline.work.progress",
        "pipeline/b/page.html": b"",
        "pipeline/work/outputs.py": b"",
        "pipeline/work/progress.py": b"from pipeline.e.f import g",
        "pipeline/e/__init__.py": b'"""Nothing."""',
        "pipeline/e/f.py": b"",
        "pipeline/e/g.py": b"",
    }
    missing = {"pipeline/work/outputs.py", "pipeline/work/progress.py", "pipeline/e/__init__.py", "pipeline/e/g.py"}
    assert set(stage_code("a", sources)) == sources.keys() - missing


RERUNS = {
    "pipeline/text/dump/wikitext.py": {"documents"},
    "pipeline/stages/fragments.py": {"fragments"},
    "pipeline/text/udpipe.py": {"sentences", "lemmas", "corpora", "ner", "evaluate", "typos"},
    "pipeline/lm/rnn/gru.py": {"pretrain:gru"},
    "pipeline/lm/rnn/sru/recurrence.py": {
        f"pretrain:{arch}" for arch in ("sru", "sru4", "sru12", "srupp", "mingru", "rglru")
    },
    "pipeline/lm/rnn/lstm.py": {"charcnn", "pretrain:lstm"},
    "pipeline/lm/training/train.py": {"charcnn", "pretrain"},
    "pipeline/ner/data/formats/conll2003.py": {"fetch", "corpora", "fragments"},
    "pipeline/ner/tagging/crf.py": {"ner", "evaluate", "typos", "export"},
    "pipeline/ner/typos.py": {"typos"},
    "pipeline/report/paper.py": {"report", "export", "data"},
    "pipeline/report/corpus/page.md": {"data"},
    "pipeline/report/page.md": {"report", "export", "data"},
    "pipeline/report/pages/style.css": {"report", "export", "data"},
    "pipeline/report/pages/layout.html": {"report", "export", "data"},
    "pipeline/report/plots/pictures.mplstyle": {"report", "data"},
    "pipeline/sources/manifest.py": {"fetch"},
    "pipeline/predict/serve/app.py": set(),
    "pipeline/experiments/compare/system.py": set(),
}


@cache
def committed_code() -> dict[str, Any]:
    """The code of every stage; `pretrain:gru` has what a pretraining of that architecture reads besides."""
    return describe_code(SOURCES)


def describe_code(sources: Mapping[str, bytes]) -> dict[str, Any]:
    archs = {f"pretrain:{arch}": describe_architecture({**PARAMS, "arch": arch}, sources) for arch in PARAMS["archs"]}
    return {stage: stage_code(stage, sources) for stage in STAGES} | archs


def reruns(*paths: str, edit: bytes = b"\nEDITED = True\n") -> set[str]:
    """The stages that run again after an edit of files."""
    edited = describe_code({**SOURCES, **{path: SOURCES[path] + edit for path in paths}})
    return {stage for stage in edited if edited[stage] != committed_code()[stage]}


@pytest.mark.parametrize("path", RERUNS)
def test_an_edit_reruns_what_it_may_change(path: str) -> None:
    assert reruns(path) == RERUNS[path]


def test_an_edit_of_the_plumbing_reruns_nothing() -> None:
    assert not reruns(*(path for path in SOURCES if path.startswith(PLUMBING)))


def test_a_comment_reruns_nothing() -> None:
    assert not reruns(*(path for path in RERUNS if path.endswith(".py")), edit=b"\n# A word.\n")
    plain, commented = ({"pipeline/stages/a.py": f"A = 'слово'{end}".encode()} for end in ("", "  # A word."))
    assert stage_code("a", plain) == stage_code("a", commented)


AS_DEPS = {
    "fetch": {"data/choice.json": {"scale", "sets", "imports_elmo", "imports_vectors"}},
    "charcnn": {"data/raw/elmo": {"imports_elmo"}, "data/raw/vectors": {"imports_vectors"}},
    "pretrain": {"models/architecture.json": {"arch"}},
}
"""The values of params.yaml that a stage reads and an earlier stage has written to a file for DVC, by that file."""


def keys_of(block: str, *key: str) -> set[str]:
    """The keys of a value of `Params` in params.yaml: a scale's may stand in the scale, at the top, or both."""
    if block == "chosen_arch":
        return {"archs.${arch}"}
    if block != "chosen_scale":
        return {".".join([block, *key])}
    if not key:
        return {"scales.${scale}", "taggers.${tagger}", *(Scale.model_fields.keys() & PARAMS.keys())}
    taggers = {"taggers.${tagger}"} if key[0] == "ner" else set()
    tops = {".".join(key): PARAMS, ".".join(["scales.${scale}", *key]): PARAMS["scales"][PARAMS["scale"]]}
    return taggers | {
        name for name, values in tops.items() if reduce(lambda block, part: block and block.get(part), key, values)
    }


def reads(stage: str) -> set[str]:
    """The values of params.yaml that the file of a stage names; if it names a block, the block alone."""
    tree = ast.parse(SOURCES[f"pipeline/stages/{stage}.py"])
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    names = set()
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Name) and node.id == "params"):
            continue
        chain, top = [], parents[node]
        while isinstance(top, ast.Attribute):
            chain.append(top.attr)
            top, called = parents[top], top
        if not chain:  # handed on within the file, where its values have the same names
            assert isinstance(top, ast.Call) and getattr(top.func, "id", "") in functions, ast.unparse(top)
            continue
        if isinstance(top, ast.Call) and top.func is called:  # a method of the block
            chain.pop()
        names |= keys_of(*chain)
    names = {name for name in names if name.partition(".")[0] != "compute"}
    return {name for name in names if not any(name.startswith(f"{other}.") for other in names)}


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "check"])
def test_a_stage_reads_of_params_yaml_what_dvc_yaml_lists_for_it(stage: str) -> None:
    """`check` reads all of it."""
    entry, names = DVC[stage], reads(stage)
    for dep, values in AS_DEPS.get(stage, {}).items():
        assert dep in entry["deps"] and values <= names
        names -= values
    assert names == set(entry.get("params", []))


def test_no_stage_is_told_a_value_of_params_yaml_by_what_it_imports() -> None:
    """Therefore `reads` sees all values that decide a stage's result."""
    for path, text in SOURCES.items():
        if path.startswith("pipeline/") and room(path) not in {"cli", "commands", "stages", "experiments", "params"}:
            assert b"pipeline.params" not in text and b"load_params" not in text, path


def test_the_readme_draws_edges_that_exist() -> None:
    drawing = (ROOT / "README.md").read_text(encoding="utf-8").split("```mermaid")[1].split("```")[0]
    chains = [line.split("-->") for line in drawing.splitlines() if "-->" in line]
    ends = [(a.split("&"), b.split("&")) for chain in chains for a, b in pairwise(chain)]
    edges = [(a.strip(), b.strip()) for sources, targets in ends for a in sources for b in targets]
    assert {stage for edge in edges for stage in edge} == set(DVC)
    for source, target in edges:
        assert any(overlap(out, dep) for out in outputs(source) for dep in DVC[target]["deps"]), (source, target)


def outputs(stage: str) -> list[str]:
    entries = [*DVC[stage].get("outs", []), *DVC[stage].get("metrics", []), *DVC[stage].get("plots", [])]
    return [entry if isinstance(entry, str) else next(iter(entry)) for entry in entries]


def overlap(out: str, dep: str) -> bool:
    """Whether a dep is an output, or lies within it or around it."""
    return f"{dep}/".startswith(f"{out}/") or out.startswith(f"{dep}/")


def test_the_page_of_the_house_is_that_of_the_folder() -> None:
    drawn = re.findall(r"^  (\w+)(/|\.py) ", PAGE.split("```")[1], re.MULTILINE)
    standing = {(name, "/" if (PACKAGE / name).is_dir() else ".py") for name in map(room, SOURCES)}
    assert sorted(drawn) == sorted(standing - {("__init__", ".py"), ("__main__", ".py")})
    assert len(drawn) <= 20


def test_imports_run_down_the_house() -> None:
    """A room imports from itself and from the floors below it, in the order of the page."""
    section = " ".join(PAGE.split("## Layers")[1].split())
    floors = re.search("From the top: (.+?)[.] ", section)[1].split("; ")  # type: ignore[index]
    floor = {name: number for number, names in enumerate(floors) for name in re.findall(r"`(\w+)`", names)}
    assert floor.keys() == {room(path) for path in SOURCES} - {"__init__", "__main__"}
    for path in (path for path in MODULES if room(path) in floor):
        below = {room(path)} | {name for name in floor if floor[name] > floor[room(path)]}
        up = {file for file in imports(path, SOURCES) if room(file) not in below}
        assert not up, f"{path} imports {up}"


@pytest.mark.parametrize(
    ("library", "paths"),
    [
        ("typer", {"pipeline/cli.py", "pipeline/commands/predict.py", "pipeline/commands/serve.py"}),
        ("dvc", {"pipeline/experiments/mend.py", "pipeline/experiments/revision.py"}),
        ("demo", set()),
        ("pymorphy3", {"pipeline/predict/normal.py"}),
    ],
)
def test_who_knows_a_library(library: str, paths: set[str]) -> None:
    statement = re.compile(rf"^\s*(from|import) {library}\b".encode(), re.M)
    assert {path for path in MODULES if statement.search(SOURCES[path])} == paths


def test_modules_import_in_no_circle() -> None:
    done, begun = set[str](), list[str]()

    def visit(path: str) -> None:
        assert path not in begun, " -> ".join([*begun[begun.index(path) :], path])
        if path not in done:
            begun.append(path)
            package = f"{PurePosixPath(path).parent}/__init__.py"  # it is run before its modules, and not by them
            for file in sorted(imports(path, SOURCES) - {path, package}):
                visit(file)
            done.add(begun.pop())

    for path in MODULES:
        visit(path)


UNPICKLERS = {"pickle", "dill", "cloudpickle", "marshal", "shelve"}
RUNNERS = {"eval", "exec", "os.system", "torch.load", "joblib.load", "pd.read_pickle", "pandas.read_pickle"}
RUNNERS |= {"yaml.unsafe_load", "yaml.full_load", "shutil.unpack_archive"}


def test_nothing_that_is_read_is_run() -> None:
    """No file, downloaded or not, is executed, unpickled or unpacked under the names that it chooses."""
    ends = {name.rpartition(".")[2] for name in RUNNERS} | {"extractall"}
    for path in MODULES:
        for node in nodes(path):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
                assert not UNPICKLERS & set(names), f"{path}:{node.lineno}"
            if isinstance(node, ast.Call):
                end = getattr(node.func, "attr", getattr(node.func, "id", ""))
                called = ast.unparse(node.func) if end in ends else ""
                assert called not in RUNNERS and end != "extractall", f"{path}:{node.lineno}"
                pickles = [k for k in node.keywords if k.arg == "allow_pickle" and ast.unparse(k.value) != "False"]
                assert not pickles, f"{path}:{node.lineno}"


def test_text_and_settings_and_inputs_need_no_torch() -> None:
    starts = [path for path in MODULES if path.startswith("pipeline/text/")]
    for start in [*starts, "pipeline/params.py", "pipeline/stages/fetch.py"]:
        files = [file for file in reached(start, SOURCES) if b"import torch" in SOURCES[file]]
        assert not files, f"{start} reaches torch through {files}"


ON_DEMAND = {"pipeline/predict/network.py", "pipeline/machine/device.py", "pipeline/report/pages/templates.py"}
"""What is imported for a model without a light form, and for a page."""
SMALL = {
    *("pipeline/errors.py", "pipeline/files/utf8.py", "pipeline/lm/lemmas.py", "pipeline/ner/data/bio.py"),
    *("pipeline/provenance/fingerprint.py", "pipeline/text/offsets.py", "pipeline/text/spelling.py"),
    *("pipeline/report/colours.py", "pipeline/text/udpipe.py"),
}
"""The files outside of `light` and `predict` that predicting needs."""


def test_predicting_needs_few_files_and_few_packages() -> None:
    sources = {path: SOURCES[path] for path in SOURCES.keys() - ON_DEMAND}
    files, todo = set[str](), ["pipeline/predict/run.py"]
    while todo:
        files.add(path := todo.pop())
        todo.extend(imports(path, sources) - files)
    assert {path for path in files if room(path) not in {"light", "predict"}} == SMALL
    text = b"\n".join(sources[path] for path in files).decode()
    packages = set(re.findall(r"^(?:from|import) (\w+)", text, re.MULTILINE)) - sys.stdlib_module_names
    assert packages == {"pipeline", "numpy", "razdel", "ufal"}


def test_the_command_line_starts_without_the_heavy_packages() -> None:
    check = "import pipeline.cli, sys; print({'torch', 'numpy', 'joblib', 'pydantic', 'yaml'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout == "set()\n"
