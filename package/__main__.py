"""Build the wheel from the modules that predicting needs: `python -m package FOLDER`.

The modules are those of `pipeline`, under a name of their own: `pipeline.light.crf` becomes `recurrent_ner.light.crf`.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from pipeline.provenance.code import PACKAGE, TOP, imports, read_sources

HERE = Path(__file__).parent
NAME = "recurrent_ner"
STARTS = {"tagger.py": "__init__.py", "command.py": "command.py"}
"""The modules of this folder that are part of the wheel, and their names in it."""
ENTRY_POINTS = (f"{PACKAGE}/predict/spacy_component.py",)
"""Modules that only other programs import."""
LEFT_OUT = {f"{PACKAGE}/predict/network.py", f"{PACKAGE}/params.py"}
"""What needs torch, and the settings of the pipeline; who imports them says what to do without them."""
DATA = {".html", ".css", ".js", ".svg", ".yaml"}
"""Of the modules' folders, and of `PAGE`."""
PAGE = "page"
"""A folder that holds no module."""
STATEMENT = re.compile(rf"^((?:>>> )?\s*(?:from|import)) {PACKAGE}\b", re.MULTILINE)


def list_modules(sources: dict[str, bytes]) -> set[str]:
    """Return the files of the package `pipeline` that the wheel has, by path from the top of the repository."""
    shipped = {path: text for path, text in sources.items() if path not in LEFT_OUT}
    starts = {str(HERE / start): (HERE / start).read_bytes() for start in STARTS}
    todo = [*ENTRY_POINTS, *(path for start in starts for path in imports(start, shipped | starts))]
    modules = set[str]()
    while todo:
        modules.add(path := todo.pop())
        todo.extend(imports(path, shipped) - modules)
    folders = {parent for path in modules for parent in Path(path).parents} - {Path(PACKAGE)}
    packages = {f"{folder}/__init__.py" for folder in folders} & sources.keys()
    data = [path.relative_to(TOP) for path in (TOP / PACKAGE).rglob("*") if path.suffix in DATA]
    pages = {str(path) for path in data if path.parent in folders or path.parent.name == PAGE}
    return modules | packages | pages


def build(target: Path) -> Path:
    """Build the wheel in the folder `target`, and return its path."""
    with tempfile.TemporaryDirectory() as temporary:
        project = Path(temporary)
        for path in list_modules(read_sources()):
            _write(project / NAME / Path(path).relative_to(PACKAGE), (TOP / path).read_bytes())
        for start, name in STARTS.items():
            _write(project / NAME / name, (HERE / start).read_bytes())
        (project / NAME / "py.typed").touch()
        for file in (HERE / "pyproject.toml", HERE / "README.md", TOP / "LICENSE"):
            shutil.copy(file, project)
        version = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
        (project / "VERSION").write_text(version, encoding="utf-8")
        built = project / "built"
        pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*pip, "--no-build-isolation", "--wheel-dir", built, project], check=True)
        (wheel,) = built.iterdir()
        target.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy(wheel, target))


def _write(path: Path, text: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(STATEMENT.sub(rf"\1 {NAME}", text.decode()).encode())


if __name__ == "__main__":
    print(build(Path(sys.argv[1])))
