"""The house: who may import whom, and whether dvc.yaml knows every file that a stage is made of."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterable
from functools import reduce
from itertools import pairwise
from modulefinder import ModuleFinder
from pathlib import Path, PurePosixPath

import pytest
import yaml

from pipeline import cli
from pipeline.lm.settings import NO_CELL, cells
from pipeline.params import Scale, load_params
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
SOURCES = read_sources(ROOT)
STAGES = stages(SOURCES)
DVC: dict[str, dict] = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]  # type: ignore[type-arg]
SHOWN = {".html", ".css", ".md", ".mplstyle"}
FLOORS = [
    {"__main__"},
    {"cli"},
    {"stages"},
    {"experiments", "predict"},
    {"report"},
    {"sources"},
    {"params"},
    {"text", "lm", "ner"},
    {"protocol"},
    {"files"},
    {"work", "machine"},
    {"provenance"},
    {"paths", "errors"},
]
"""All that stands at the top of the package. What is on a floor imports from those below it and from itself."""


def path_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("cell", [cell for cell in cells() if cell != NO_CELL])
def test_the_code_of_an_architecture_is_all_it_reaches(cell: str) -> None:
    """The sum of that code, and the deps of the stage, decide whether it is trained again."""
    code = set(cell_code(cell, SOURCES))
    assert f"pipeline/lm/rnn/{cell}.py" in code or f"pipeline/lm/rnn/{cell}/__init__.py" in code
    files = set().union(*(reached(path, SOURCES) for path in code))
    assert files <= code | set(stage_code("pretrain", SOURCES))


def test_no_data_set_has_its_name_in_the_pipeline() -> None:
    """But where the paper's numbers and the licences of files are, and the layouts, which are named after sets."""
    names = set(load_params(ROOT / "params.yaml").sets)
    named = {path for path in PACKAGE.rglob("*.py") if names & strings(path)}
    known = {PACKAGE / "report" / "paper.py", PACKAGE / "report" / "licences.py"}
    known |= {PACKAGE / "ner" / "data" / "formats" / "__init__.py"}
    assert named <= known
    stages = (ROOT / "dvc.yaml").read_text(encoding="utf-8").partition("\nartifacts:")[0]
    assert not any(name in stages for name in names)


def strings(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_every_stage_is_a_file_and_every_file_a_stage() -> None:
    assert sorted(DVC) == STAGES


@pytest.mark.parametrize("stage", STAGES)
def test_the_table_of_the_commands_is_that_of_dvc_yaml(stage: str) -> None:
    assert list(cli.STAGES) == list(DVC)
    command = f"python -m pipeline {stage}"
    assert DVC[stage]["cmd"] == (f"{command} ${{item.set}}" if stage in cli.OF_A_SET else command)
    text = SOURCES[f"pipeline/stages/{stage}.py"]
    assert (stage in cli.TORCH) == (b"from pipeline.machine" in text)
    assert (stage in cli.TRAIN) == (b"from pipeline.work.run" in text)


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "check"])
def test_every_stage_depends_on_its_code_and_on_no_other(stage: str) -> None:
    code = [dep for dep in DVC[stage]["deps"] if str(dep).startswith(("pipeline", "data/code"))]
    assert code == [f"data/code/{stage}.json"]
    assert "pipeline" in DVC["check"]["deps"] and "data/code" in DVC["check"]["outs"]


@pytest.mark.parametrize("stage", STAGES)
def test_the_code_of_a_stage_is_what_the_standard_library_finds(stage: str) -> None:
    """`modulefinder` reads byte code, and takes packages with nothing but a docstring for code too.

    params.py, with the settings of all stages, is left out: DVC compares values.
    """
    finder = ModuleFinder(path=[str(ROOT)], excludes=["pipeline.params"])
    finder.run_script(str(PACKAGE / "stages" / f"{stage}.py"))
    files = [getattr(module, "__file__", None) for module in finder.modules.values()]
    found = {path_of(Path(file)) for file in files if file}
    code = {path for path in stage_code(stage, SOURCES) if path.endswith(".py")}
    assert code <= found and all(path.endswith("/__init__.py") or path.startswith(PLUMBING) for path in found - code)


def test_templates_are_code_of_the_pages() -> None:
    found = {path_of(path) for path in (PACKAGE / "report").rglob("*.*") if path.suffix in SHOWN}
    corpus = {path for path in found if path.startswith("pipeline/report/corpus/")}
    assert found > corpus > set()
    for stage, expected in (("report", found - corpus), ("data", found)):
        assert {path for path in stage_code(stage, SOURCES) if Path(path).suffix in SHOWN} == expected


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


def reruns(paths: Iterable[str], edit: bytes = b"\nEDITED = True\n") -> set[str]:
    """The stages that run again after an edit of files; `pretrain:gru` is a pretraining of that architecture."""
    sources = {**SOURCES, **{path: SOURCES[path] + edit for path in paths}}
    rerun = {stage for stage in STAGES if stage_code(stage, sources) != stage_code(stage, SOURCES)}
    params = load_params(ROOT / "params.yaml").model_dump(include={"archs"})
    for arch in params["archs"]:
        before, after = (describe_architecture({**params, "arch": arch}, files) for files in (SOURCES, sources))
        rerun |= {f"pretrain:{arch}"} if before != after else set()
    return rerun


def test_an_edit_of_the_plumbing_reruns_nothing() -> None:
    assert reruns(path for path in SOURCES if path.startswith(PLUMBING)) == set()


def test_a_comment_reruns_nothing() -> None:
    assert reruns((path for path in SOURCES if path.endswith(".py")), b"\n# A word.\n") == set()


RERUNS = {
    "pipeline/text/dump/wikitext.py": {"documents"},
    "pipeline/text/fragments.py": {"fragments"},
    "pipeline/text/udpipe.py": {"sentences", "lemmas", "corpora", "typos"},
    "pipeline/lm/rnn/gru.py": {"pretrain:gru"},
    "pipeline/lm/rnn/sru/recurrence.py": {f"pretrain:{arch}" for arch in ("sru", "sru4", "sru12", "srupp", "mingru")},
    "pipeline/lm/rnn/lstm.py": {"charcnn", "pretrain:lstm"},
    "pipeline/lm/training/train.py": {"charcnn", "pretrain"},
    "pipeline/ner/data/formats/conll2003.py": {"fetch", "corpora"},
    "pipeline/ner/tagging/crf.py": {"ner", "evaluate", "typos", "export"},
    "pipeline/ner/typos.py": {"typos"},
    "pipeline/report/paper.py": {"report", "export", "data"},
    "pipeline/sources/manifest.py": {"fetch"},
    "pipeline/predict/serve/app.py": set(),
    "pipeline/experiments/compare/system.py": set(),
}


@pytest.mark.parametrize("path", RERUNS)
def test_an_edit_reruns_what_it_may_change(path: str) -> None:
    assert reruns([path]) == RERUNS[path]


PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
AS_DEPS = {
    "fetch": {"data/choice.json": {"scale", "sets", "imports_elmo"}},
    "charcnn": {"data/raw/elmo": {"imports_elmo"}},
    "pretrain": {"models/architecture.json": {"arch"}},
}
"""What a stage reads of params.yaml that an earlier stage has written down for DVC, by the file."""


def places(block: str, *key: str) -> set[str]:
    """Where params.yaml has a value of `Params`: what belongs to a scale is there, at the top, or in parts at both."""
    if block == "chosen_arch":
        return {"archs.${arch}"}
    if block != "chosen_scale":
        return {".".join([block, *key])}
    if not key:
        return {"scales.${scale}", *(Scale.model_fields.keys() & PARAMS.keys())}
    tops = {".".join(key): PARAMS, ".".join(["scales.${scale}", *key]): PARAMS["scales"][PARAMS["scale"]]}
    return {name for name, values in tops.items() if reduce(lambda block, part: block and block.get(part), key, values)}


def reads(stage: str) -> set[str]:
    """The values of params.yaml that the file of a stage names, the block rather than what is in it."""
    tree = ast.parse(SOURCES[f"pipeline/stages/{stage}.py"])
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    own = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    names = set()
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Name) and node.id == "params"):
            continue
        chain, top = [], parents[node]
        while isinstance(top, ast.Attribute):
            chain.append(top.attr)
            top, called = parents[top], top
        if not chain:  # handed on within the file, where its values have the same names
            assert isinstance(top, ast.Call) and isinstance(top.func, ast.Name) and top.func.id in own, ast.unparse(top)
            continue
        if isinstance(top, ast.Call) and top.func is called:  # a method of the block
            chain.pop()
        names |= places(*chain)
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
    """So that `reads` sees all that it is told."""
    for path, text in SOURCES.items():
        if path.startswith("pipeline/") and room(path) not in {"cli", "stages", "experiments", "params"}:
            assert b"pipeline.params" not in text and b"load_params" not in text, path


def test_the_readme_draws_edges_that_exist() -> None:
    drawing = (ROOT / "README.md").read_text(encoding="utf-8").split("```mermaid")[1].split("```")[0]
    chains = [line.split("-->") for line in drawing.splitlines() if "-->" in line]
    edges = [(a.strip(), b.strip()) for chain in chains for a, b in pairwise(chain)]
    assert {stage for edge in edges for stage in edge} == set(DVC)
    for source, target in edges:
        assert any(overlap(out, dep) for out in outputs(source) for dep in DVC[target]["deps"]), (source, target)


def outputs(stage: str) -> list[str]:
    entries = [*DVC[stage].get("outs", []), *DVC[stage].get("metrics", []), *DVC[stage].get("plots", [])]
    return [entry if isinstance(entry, str) else next(iter(entry)) for entry in entries]


def overlap(out: str, dep: str) -> bool:
    """Whether a dep is an output, or lies within it or around it."""
    return f"{dep}/".startswith(f"{out}/") or out.startswith(f"{dep}/")


def room(path: str) -> str:
    return PurePosixPath(path).parts[1].removesuffix(".py")


def test_the_page_of_the_house_is_that_of_the_folder() -> None:
    tree = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").split("```")[1]
    drawn = re.findall(r"^  (\w+)(/|\.py) ", tree, re.MULTILINE)
    standing = {(name, "/" if (PACKAGE / name).is_dir() else ".py") for name in map(room, SOURCES)}
    assert sorted(drawn) == sorted(standing - {("__init__", ".py"), ("__main__", ".py")})
    assert len(drawn) <= 20


def test_imports_run_down_the_house() -> None:
    floor = {name: number for number, names in enumerate(FLOORS) for name in names}
    assert floor.keys() == {room(path) for path in SOURCES} - {"__init__"}
    for path in (path for path in SOURCES if path.endswith(".py") and room(path) in floor):
        below = {room(path)} | {name for name in floor if floor[name] > floor[room(path)]}
        up = {file for file in imports(path, SOURCES) if room(file) not in below}
        assert not up, f"{path} imports {up}"


def test_the_pipeline_runs_without_the_generator_of_the_demo() -> None:
    generator = re.compile(r"^\s*(from|import) (demo|pymorphy3)\b", re.M)
    assert not [path for path in PACKAGE.rglob("*.py") if generator.search(path.read_text("utf-8"))]


def test_modules_import_in_no_circle() -> None:
    done, begun = set[str](), list[str]()

    def visit(path: str) -> None:
        assert path not in begun, " -> ".join([*begun[begun.index(path) :], path])
        if path not in done:
            begun.append(path)
            own_package = f"{PurePosixPath(path).parent}/__init__.py"  # it is run before its modules, and not by them
            for file in sorted(imports(path, SOURCES) - {path, own_package}):
                visit(file)
            done.add(begun.pop())

    for path in (path for path in SOURCES if path.endswith(".py")):
        visit(path)


def test_typer_is_the_business_of_the_commands() -> None:
    assert [path for path, text in SOURCES.items() if b"import typer" in text] == ["pipeline/cli.py"]


def test_only_experiments_know_dvc() -> None:
    knows = {
        path for path in PACKAGE.rglob("*.py") if re.search(r"^\s*(from|import) dvc", path.read_text("utf-8"), re.M)
    }
    assert knows == {PACKAGE / "experiments" / name for name in ("mend.py", "revision.py")}


UNPICKLERS = {"pickle", "dill", "cloudpickle", "marshal", "shelve"}
RUNNERS = {"eval", "exec", "os.system", "torch.load", "joblib.load", "pd.read_pickle", "pandas.read_pickle"}
RUNNERS |= {"yaml.unsafe_load", "yaml.full_load", "shutil.unpack_archive"}


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=str)
def test_nothing_that_is_read_is_run(path: Path) -> None:
    """No file, downloaded or not, is executed, unpickled or unpacked under the names that it chooses."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            assert not UNPICKLERS & set(names), f"{path}:{node.lineno}"
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in RUNNERS and not called.endswith(".extractall"), f"{path}:{node.lineno}"
            pickles = [k for k in node.keywords if k.arg == "allow_pickle" and ast.unparse(k.value) != "False"]
            assert not pickles, f"{path}:{node.lineno}"


NO_TORCH = [*sorted((PACKAGE / "text").rglob("*.py")), PACKAGE / "params.py", PACKAGE / "stages" / "fetch.py"]


@pytest.mark.parametrize("path", NO_TORCH, ids=str)
def test_text_and_settings_and_inputs_need_no_torch(path: Path) -> None:
    for file in reached(path_of(path), SOURCES):
        assert b"import torch" not in SOURCES[file], f"{path} reaches torch through {file}"


def test_the_api_starts_without_what_only_stages_need() -> None:
    check = "import pipeline.predict, sys; print(*sorted({'dvc', 'typer', 'matplotlib', 'pandas'} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == ""


def test_the_command_line_starts_without_the_heavy_packages() -> None:
    check = (
        "import pipeline.cli, sys; print(*sorted({'torch', 'numpy', 'joblib', 'pydantic', 'yaml'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == ""
