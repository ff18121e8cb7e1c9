"""The readers of `pipeline.ner.formats`, found by file and imported by name."""

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import UserError
from pipeline.ner.bio import bio_labels
from pipeline.ner.sentence import RawSentence
from pipeline.provenance.code import TOP, reached, read_sources

FOLDER = "pipeline/ner/formats"


class Format(NamedTuple):
    """How to read a file of a data set, and the labels it may hold."""

    read: Callable[[Path], Iterator[RawSentence]]
    labels: list[str]


def formats() -> list[str]:
    """The forms there are, by name."""
    return sorted(path.stem for path in (TOP / FOLDER).glob("[a-z]*.py"))


def load_format(name: str) -> Format:
    """The reader of that name, one of `formats()`; a `UserError` if its file lacks what a reader has."""
    module = import_module(f"pipeline.ner.formats.{name}")
    for wanted in ("TYPES", "read"):
        if not hasattr(module, wanted):
            raise UserError(f"{module.__file__}: found no {wanted}, expected TYPES and read(path): docs/extend.md")
    return Format(module.read, bio_labels(module.TYPES))


def format_code(name: str) -> list[Path]:
    """The files that a reader is made of: its own, and those of this package that it imports."""
    return [TOP / path for path in reached(f"{FOLDER}/{name}.py", read_sources())]
