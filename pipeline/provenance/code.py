"""Which code decides a result: one answer for DVC's stages, checkpoints, finished shards, the cache and revisions.

DVC does not see what Python imports, so stage `check` writes it down. A result is decided by the modules that its entry
point imports, at their top or within functions, by the modules that these import in turn, and by files in their folders
that are not Python, such as templates. Comments decide nothing, and neither does the plumbing (`PLUMBING`): how work is
shared out, interrupted, shown and written to the disk. Tests prove that it changes no byte.

An architecture, `pipeline/lm/rnn/<cell>`, is imported by name when it is chosen, so its code is listed separately.
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
"""Its imports decide nothing: it gives the stages their params in dvc.yaml, which DVC compares by value."""
PYTHON = ".py"
DATA = {".html", ".css", ".md", ".mplstyle", ".yaml"}
INIT = "__init__.py"
PLUMBING = tuple(
    f"{PACKAGE}/{name}" for name in ("work/", "machine/", "provenance/", "cli.py", "errors.py", "paths.py", "params.py")
)
"""Folders and files in which nothing decides a byte of a result."""

Sources = Mapping[str, bytes]
"""The content of the package's files by path from the top of the repository: `pipeline/ner/tagging/tagger.py` ..."""
Code = dict[str, str]
"""The files that decide a result, sorted, each with its sha256, for which comments are left out."""


def read_sources(top: Path = TOP) -> dict[str, bytes]:
    """Read the package from the disk, by default this repository's."""
    paths = sorted(path for path in (top / PACKAGE).rglob("*") if path.suffix in {PYTHON, *DATA})
    return {path.relative_to(top).as_posix(): path.read_bytes() for path in paths}


def stages(sources: Sources) -> list[str]:
    """Return the names of all stages, sorted: the modules in `pipeline/stages`."""
    paths = map(PurePosixPath, sources)
    return sorted(path.stem for path in paths if str(path.parent) == STAGES and path.name != INIT)


def stage_code(stage: str, sources: Sources) -> Code:
    """Return the code that decides what a stage writes, without architectures (see `describe_architecture`)."""
    return deciding(f"{STAGES}/{stage}.py", sources)


def training_code(stage: str, cell: str) -> Code:
    """Return the code on the disk that decides the result of a training stage for an architecture."""
    sources = read_sources()
    return stage_code(stage, sources) | cell_code(cell, sources)


def cell_code(cell: str, sources: Sources) -> Code:
    """Return the code of an architecture and those it builds on, without what all share; empty if there is none."""
    starts = [start for start in (f"{CELLS}{cell}.py", f"{CELLS}{cell}/{INIT}") if start in sources]
    code = {path: text for start in starts for path, text in deciding(start, sources).items()}
    return {path: text for path, text in code.items() if path.startswith(CELLS)}


def describe_architecture(params: Mapping[str, Any], sources: Sources) -> dict[str, Any]:
    """Return what models/architecture.json says: the architecture that params.yaml (as data) chooses, with its code.

    An edit of one architecture's code retrains that architecture and no other. Raises KeyError for an unknown name.
    """
    arch = {"options": {}, **params["archs"][params["arch"]]}
    return {"name": params["arch"], **arch, "code": cell_code(arch["cell"], sources)}


def deciding(start: str, sources: Sources) -> Code:
    """Return the code that decides the results of the module in the file `start`."""
    files = {path: _without_comments(path, sources[path]) for path in reached(start, sources)}
    return {path: hashlib.sha256(text).hexdigest() for path, text in files.items()}


def reached(start: str, sources: Sources) -> list[str]:
    """Return every file outside the plumbing that importing the module in the file `start` runs or reads, sorted."""
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
    """Return the package's files that a file itself imports; packages with nothing but a docstring do not count."""
    files = set[str]()
    for name in _imported(sources[path]):
        parts = name.split(".")
        packages = ["/".join([*parts[:depth], INIT]) for depth in range(1, len(parts) + 1)]
        files.update(package for package in packages if package in sources and _has_code(sources[package]))
        files.update({"/".join(parts) + PYTHON} & sources.keys())
    return files


@cache
def _imported(text: bytes) -> frozenset[str]:
    """Return the dotted names after `import` and `from`."""
    names = set[str]()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update((node.module, *(f"{node.module}.{alias.name}" for alias in node.names)))
    return frozenset(names)


@cache
def _without_comments(path: str, text: bytes) -> bytes:
    """Return the file without comments and the white space before them; a line that held nothing else is gone."""
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
