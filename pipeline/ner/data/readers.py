"""The readers of `pipeline.ner.data.formats`, found by file and imported by name."""

from collections.abc import Callable, Collection, Iterator
from importlib import import_module
from pathlib import Path

from pipeline.errors import UserError, shown
from pipeline.ner.data.bio import tag_type
from pipeline.ner.data.sentence import RawSentence
from pipeline.provenance.code import TOP, reached, read_sources

FOLDER = "pipeline/ner/data/formats"

Reader = Callable[[Path], Iterator[RawSentence]]
"""Sentences of a file, with tokens and labels as they stand there."""


def formats() -> list[str]:
    """The layouts there are, by name."""
    return sorted(path.stem for path in (TOP / FOLDER).glob("[a-z]*.py"))


def load_reader(name: str) -> Reader:
    """The reader of that layout, one of `formats()`; a `UserError` if its file has none."""
    module = import_module(f"pipeline.ner.data.formats.{name}")
    if not hasattr(module, "read"):
        raise UserError(f"{module.__file__}: found no read, expected read(path): docs/extend.md")
    reader: Reader = module.read
    return reader


def read_file(path: Path, name: str, types: Collection[str] | None) -> Iterator[RawSentence]:
    """Stream the sentences of a file in that layout; a `UserError` for an entity of none of the `types`, if given."""
    for number, sentence in enumerate(load_reader(name)(path), 1):
        if types and (others := {tag_type(tag) for tag in sentence.tags} - {"", *types}):
            found = f"{path}: sentence {number:,}: found an entity of type {shown(min(others))}"
            raise UserError(f"{found}, expected {', '.join(types)}: correct the file, or types in the manifest")
        yield sentence


def format_code(name: str) -> list[Path]:
    """The files that a reader is made of: its own, and those of this package that it imports."""
    return [TOP / path for path in reached(f"{FOLDER}/{name}.py", read_sources())]
