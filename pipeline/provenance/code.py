"""Which code decides a result: one answer for DVC's stages, checkpoints, finished shards, the cache and revisions.

DVC does not see what Python imports, so that stage `check` writes it down for DVC to see. A result is decided by the
modules that its entry point imports, at their top or within functions, by those that they import in turn, and by the
files in their folders that are not Python, such as templates. Comments decide nothing, and neither does the plumbing:
how work is shared out, interrupted, shown and brought to the disk (`PLUMBING`). Tests prove that it changes no byte.

An architecture, `pipeline/lm/rnn/<cell>`, is imported by name when it is chosen: it has code of its own.
"""

import ast
import hashlib
import io
import tokenize
from collections.abc import Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

TOP = Path(__file__).parents[2]
"""The top of the repository; the package is installed nowhere else."""
PACKAGE = "pipeline"
STAGES = f"{PACKAGE}/stages"
CELLS = f"{PACKAGE}/lm/rnn/"
PARAMS = f"{PACKAGE}/params.py"
"""Hands the stages what dvc.yaml lists as their params, which DVC compares by value: its imports decide nothing."""
PYTHON = ".py"
DATA = {".html", ".css", ".md", ".mplstyle", ".yaml"}
INIT = "__init__.py"
PLUMBING = tuple(
    f"{PACKAGE}/{name}" for name in ("work/", "machine/", "provenance/", "cli.py", "errors.py", "paths.py", "params.py")
)
"""Folders and files in which nothing decides a byte of a result."""

Sources = Mapping[str, bytes]
"""The files of the package by path from the top of the repository, as `pipeline/ner/tagging/tagger.py`."""
Code = dict[str, str]
"""The files that decide a result, sorted, with the sha256 of each, comments left out."""


def read_sources(top: Path = TOP) -> dict[str, bytes]:
    """Read the package in a repository as it lies on the disk, by default this one."""
    paths = sorted(path for path in (top / PACKAGE).rglob("*") if path.suffix in {PYTHON, *DATA})
    return {path.relative_to(top).as_posix(): path.read_bytes() for path in paths}


def stages(sources: Sources) -> list[str]:
    """Names of all stages, sorted: the modules in `pipeline/stages`."""
    paths = map(PurePosixPath, sources)
    return sorted(path.stem for path in paths if str(path.parent) == STAGES and path.name != INIT)


def stage_code(stage: str, sources: Sources) -> Code:
    """The code that decides what a stage writes; of architectures see `describe_architecture`."""
    return deciding(f"{STAGES}/{stage}.py", sources)


def training_code(stage: str, cell: str) -> Code:
    """The code on the disk that decides what a training stage makes of an architecture."""
    sources = read_sources()
    return stage_code(stage, sources) | cell_code(cell, sources)


def cell_code(cell: str, sources: Sources) -> Code:
    """The code of an architecture and of those that it builds on, without what all share; none if it is no cell."""
    starts = [start for start in (f"{CELLS}{cell}.py", f"{CELLS}{cell}/{INIT}") if start in sources]
    code = {path: text for start in starts for path, text in deciding(start, sources).items()}
    return {path: text for path, text in code.items() if path.startswith(CELLS)}


def describe_architecture(params: Mapping[str, Any], sources: Sources) -> dict[str, Any]:
    """The content of models/architecture.json: what params.yaml, as data, chooses, and its code.

    An edit of one architecture's code retrains that architecture and no other. KeyError if there is none of that name.
    """
    arch = {"options": {}, **params["archs"][params["arch"]]}
    return {"name": params["arch"], **arch, "code": cell_code(arch["cell"], sources)}


def deciding(start: str, sources: Sources) -> Code:
    """The code that decides what the module in the file `start` makes."""
    files = {path: _without_comments(path, sources[path]) for path in reached(start, sources)}
    return {path: hashlib.sha256(text).hexdigest() for path, text in files.items()}


def reached(start: str, sources: Sources) -> list[str]:
    """Every file outside the plumbing that importing the module in the file `start` runs or reads, sorted."""
    modules, todo = set[str](), [start]
    while todo:
        path = todo.pop()
        if path not in modules:
            modules.add(path)
            todo.extend(imports(path, sources) - {PARAMS})
    deciders = {path for path in modules if not path.startswith(PLUMBING)}
    folders = {PurePosixPath(path).parent for path in deciders}
    data = {path for path in sources if not path.endswith(PYTHON) and PurePosixPath(path).parent in folders}
    return sorted(deciders | data)


def imports(path: str, sources: Sources) -> set[str]:
    """The package's own files that a file imports itself; packages with nothing but a docstring do not count."""
    files = set[str]()
    for name in _imported(sources[path]):
        parts = name.split(".")
        packages = ["/".join([*parts[:depth], INIT]) for depth in range(1, len(parts) + 1)]
        files.update(package for package in packages if package in sources and _has_code(sources[package]))
        files.update({"/".join(parts) + PYTHON} & sources.keys())
    return files


@cache
def _imported(text: bytes) -> frozenset[str]:
    """Dotted names after `import` and `from`."""
    names = set[str]()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update((node.module, *(f"{node.module}.{alias.name}" for alias in node.names)))
    return frozenset(names)


@cache
def _without_comments(path: str, text: bytes) -> bytes:
    """The file without comments and the white space before them; a line that held nothing else is gone."""
    if not path.endswith(PYTHON):
        return text
    lines = text.splitlines()
    for token in tokenize.tokenize(io.BytesIO(text).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1].decode()[:column].rstrip().encode()
    return b"\n".join(line for line in lines if line.strip())


@cache
def _has_code(text: bytes) -> bool:
    statements = ast.parse(text).body
    return not all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in statements)
