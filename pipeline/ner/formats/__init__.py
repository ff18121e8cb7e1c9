"""Published forms of NER files, one a file: `format: wikineural` in a manifest means `wikineural.py`.

A new form is one more file here: docs/extend.md. It has `TYPES`, the entity types of its labels in the order in which
tables show them, and `read(path)`, which streams the sentences of a file, plain or gzipped, as published, and raises a
`UserError` that names the line, what was found and what was expected. `pipeline.ner.lines` has what readers share.
"""

import re
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import UserError
from pipeline.ner.bio import bio_labels
from pipeline.ner.sentence import RawSentence

FOLDER = Path(__file__).parent
PACKAGE = FOLDER.parents[1]
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
    module = import_module(f"{__name__}.{name}")
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
