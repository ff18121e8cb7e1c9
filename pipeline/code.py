"""The code that a stage runs. DVC does not see what Python imports, so that `check` writes it down for DVC to see.

A stage reaches the modules that it imports, at their top or within functions, and those that they import; and of the
folders of those modules the files that are not Python, such as templates. Two kinds of import are by name:

- a package whose `__init__.py` calls `import_module` imports the modules beside it: all of them are reached;
- an architecture, `pipeline/lm/rnn/<cell>`, is imported when it is chosen: its code is in models/architecture.json.
"""

import ast
import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path, PurePosixPath

TOP = Path(__file__).parents[1]
"""Of the repository, which is installed nowhere else."""
PACKAGE = "pipeline"
STAGES = f"{PACKAGE}/stages"
COMMANDS = f"{PACKAGE}/cli.py"
"""Has a function of the same name for each stage, which says what of params.yaml is handed to it."""
PYTHON = ".py"
KINDS = {PYTHON, ".html", ".css", ".yaml"}
INIT = "__init__.py"

Sources = Mapping[str, bytes]
"""The files of the package by path from the top of the repository, as `pipeline/ner/tagger.py`."""


def read_sources(top: Path = TOP) -> dict[str, bytes]:
    """Of a repository as it lies on the disk, by default of this one."""
    paths = sorted(path for path in (top / PACKAGE).rglob("*") if path.suffix in KINDS)
    return {path.relative_to(top).as_posix(): path.read_bytes() for path in paths}


def stages(sources: Sources) -> list[str]:
    """Names of all stages, sorted: the modules in `pipeline/stages`."""
    paths = map(PurePosixPath, sources)
    return sorted(path.stem for path in paths if str(path.parent) == STAGES and path.name != INIT)


def stage_code(stage: str, sources: Sources) -> dict[str, str]:
    """Every file that the module of a stage reaches, in order, and the stage's own function of the commands; sha256s.

    What commands share, such as the choice of a device, is in no stage's code: it is no part of a result.
    """
    code = {path: sources[path] for path in reached(f"{STAGES}/{stage}.py", sources)}
    commands = _functions(sources.get(COMMANDS, b""))
    own = {f"{COMMANDS}: {stage}": commands[stage]} if stage in commands else {}
    return {name: hashlib.sha256(text).hexdigest() for name, text in (code | own).items()}


def reached(start: str, sources: Sources) -> list[str]:
    """Every file that importing the module in the file `start` runs or reads, sorted."""
    modules, todo = set[str](), [start]
    while todo:
        path = todo.pop()
        if path not in modules:
            modules.add(path)
            todo.extend(imports(path, sources))
    folders = {PurePosixPath(path).parent for path in modules}
    beside = {path for path in sources if not path.endswith(PYTHON) and PurePosixPath(path).parent in folders}
    return sorted(modules | beside)


def imports(path: str, sources: Sources) -> set[str]:
    """The package's own files that a file imports itself."""
    names, is_open = _imported(sources[path])
    files = {file for name in names for file in _module_files(name, sources)}
    if is_open and path.endswith(f"/{INIT}"):
        folder = PurePosixPath(path).parent
        files |= {each for each in sources if each.endswith(PYTHON) and PurePosixPath(each).parent == folder}
    return files


@cache
def _imported(text: bytes) -> tuple[frozenset[str], bool]:
    """Dotted names after `import` and `from`, and whether any module is imported by name."""
    names, is_open = set[str](), False
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update((node.module, *(f"{node.module}.{alias.name}" for alias in node.names)))
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            is_open = True
    return frozenset(names), is_open


@cache
def _functions(text: bytes) -> dict[str, bytes]:
    """Source of the functions at the top of a module by name, comments left out."""
    return {node.name: ast.unparse(node).encode() for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}


def _module_files(name: str, sources: Sources) -> Iterable[str]:
    """The files that importing a dotted module runs; packages with nothing but a docstring do not count."""
    parts = name.split(".")
    if parts[0] != PACKAGE:
        return
    packages = ["/".join([*parts[:depth], INIT]) for depth in range(1, len(parts) + 1)]
    for path in (*packages, "/".join(parts) + PYTHON):
        if path in sources and (not path.endswith(INIT) or _has_code(sources[path])):
            yield path


@cache
def _has_code(text: bytes) -> bool:
    return any(not _is_docstring(node) for node in ast.parse(text).body)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
