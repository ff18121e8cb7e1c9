"""The house: who may import whom, and whether dvc.yaml knows every file a stage is made of."""

import ast
import re
import subprocess
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from pipeline.lm.settings import NO_CELL, cell_code, cells

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "pipeline"
STAGES = sorted(path.stem for path in (PACKAGE / "stages").glob("[a-z]*.py"))
DVC: dict[str, dict] = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]  # type: ignore[type-arg]
SHOWN = {".html", ".css"}
ROOMS = {"text", "lm", "ner", "report", "sources", "demo"}
ABOVE = {"stages", "compare", "corpus", "experiments", "exported", "predict", "serve", "sweep", "cli.py"}


@cache
def imports(path: Path) -> frozenset[Path]:
    """The pipeline's own files that a file imports, at its top or within functions."""
    found: set[Path] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        found.update(*(module_files(name) for name in names))
    return frozenset(found)


def module_files(name: str) -> set[Path]:
    """The files that importing a dotted module of this repository runs; a bare docstring does not count."""
    parts = name.split(".")
    if parts[0] != "pipeline":
        return set()
    packages = [ROOT.joinpath(*parts[:depth]) / "__init__.py" for depth in range(1, len(parts) + 1)]
    module = ROOT.joinpath(*parts).with_suffix(".py")
    return {file for file in [*packages, module] if file.is_file() and has_code(file)}


@cache
def has_code(path: Path) -> bool:
    return path.name != "__init__.py" or len(ast.parse(path.read_text(encoding="utf-8")).body) > 1


def reached(start: Path) -> set[Path]:
    """Every file that importing `start` runs."""
    files, todo = set(), [start]
    while todo:
        file = todo.pop()
        if file not in files:
            files.add(file)
            todo.extend(imports(file))
    return files


def declared(stage: str) -> set[Path]:
    """The files of the package among a stage's deps in dvc.yaml; a folder stands for its files."""
    entry = DVC[stage]
    paths = [ROOT / dep for dep in entry.get("do", entry)["deps"] if str(dep).startswith("pipeline/")]
    return {
        file for path in paths for file in (path.rglob("*.py") if path.is_dir() else [path]) if file.suffix == ".py"
    }


@pytest.mark.parametrize("cell", [cell for cell in cells() if cell != NO_CELL])
def test_the_code_of_an_architecture_is_all_it_reaches(cell: str) -> None:
    """The sum of that code, and the deps of the stage, decide whether it is trained again."""
    files = set().union(*(reached(file) for file in cell_code(cell)))
    assert files <= {*cell_code(cell), *declared("pretrain")}


def test_every_stage_is_a_file_and_every_file_a_stage() -> None:
    assert sorted(DVC) == STAGES


@pytest.mark.parametrize("stage", STAGES)
def test_deps_list_every_file_the_stage_reaches(stage: str) -> None:
    missing = reached(PACKAGE / "stages" / f"{stage}.py") - declared(stage)
    assert not missing, f"dvc.yaml: {stage}: deps lack {sorted(str(f.relative_to(ROOT)) for f in missing)}"


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage not in ("check", "fetch")])
def test_deps_list_nothing_the_stage_does_not_reach(stage: str) -> None:
    spare = declared(stage) - reached(PACKAGE / "stages" / f"{stage}.py")
    assert not spare, f"dvc.yaml: {stage}: deps rerun it for nothing: {sorted(str(f) for f in spare)}"


def test_the_report_is_made_again_when_its_templates_change() -> None:
    folders = PACKAGE / "pages", PACKAGE / "report"
    found = {path.relative_to(ROOT) for folder in folders for path in folder.rglob("*.*") if path.suffix in SHOWN}
    assert found == {Path(dep) for dep in DVC["report"]["deps"] if Path(dep).suffix in SHOWN}


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
    """Whether a dep is an output or lies within it; sets of a matrix stand for one another."""
    out, dep = (re.sub(r"\$\{item\.set\}|wikineural|multiconer", "set", path) for path in (out, dep))
    return dep == out or dep.startswith(out + "/")


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_rooms_do_not_know_each_other_nor_dvc_nor_typer(room: str) -> None:
    # fetch reads NER files and a published ELMo to verify them
    allowed = {"sources": {"demo", "ner", "lm"}}.get(room, set()) | {room}
    for path in (PACKAGE / room).rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        rooms = {file.relative_to(PACKAGE).parts[0] for file in imports(path)} & (ROOMS | ABOVE)
        assert rooms <= allowed, f"{path} reaches into {rooms - allowed}"
        assert "import dvc" not in text and "from dvc" not in text and "import typer" not in text


def test_one_file_knows_dvc() -> None:
    knows = [
        path for path in PACKAGE.rglob("*.py") if re.search(r"^\s*(from|import) dvc", path.read_text("utf-8"), re.M)
    ]
    assert knows == [PACKAGE / "experiments" / "revision.py"]


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
    for file in reached(path):
        assert "import torch" not in file.read_text(encoding="utf-8"), f"{path} reaches torch through {file}"


def test_the_api_starts_without_what_only_stages_need() -> None:
    check = "import pipeline.predict, sys; print(*sorted({'dvc', 'typer', 'matplotlib', 'pandas'} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == ""


def test_the_command_line_starts_without_the_heavy_packages() -> None:
    check = "import pipeline.cli, sys; print(*sorted({'torch', 'pandas', 'numpy', 'joblib'} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == ""
