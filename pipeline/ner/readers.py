"""The readers of `pipeline.ner.formats`, found by file and imported by name."""

import re
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import UserError
from pipeline.ner.bio import bio_labels
from pipeline.ner.sentence import RawSentence

PACKAGE = Path(__file__).parents[1]
FOLDER = PACKAGE / "ner" / "formats"
_IMPORTED = re.compile(r"^from pipeline\.([\w.]+) import", re.MULTILINE)


class Format(NamedTuple):
    """How to read a file of a data set, and the labels it may hold."""

    read: Callable[[Path], Iterator[RawSentence]]
    labels: list[str]


def formats() -> list[str]:
    """The forms there are, by name."""
    return sorted(path.stem for path in FOLDER.glob("[a-z]*.py"))


def load_format(name: str) -> Format:
    """The reader of that name, one of `formats()`; a `UserError` if its file lacks what a reader has."""
    module = import_module(f"pipeline.ner.formats.{name}")
    for wanted in ("TYPES", "read"):
        if not hasattr(module, wanted):
            raise UserError(f"{module.__file__}: found no {wanted}, expected TYPES and read(path): docs/extend.md")
    return Format(module.read, bio_labels(module.TYPES))


def format_code(name: str) -> list[Path]:
    """The files that a reader is made of: its own, and those of this package that it imports."""
    files, todo = set[Path](), [FOLDER / f"{name}.py"]
    while todo:
        file = todo.pop()
        if file not in files:
            files.add(file)
            modules = _IMPORTED.findall(file.read_text(encoding="utf-8"))
            todo += [PACKAGE.joinpath(*module.split(".")).with_suffix(".py") for module in modules]
    return sorted(files)
