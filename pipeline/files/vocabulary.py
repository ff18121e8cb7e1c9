"""The vocabulary: every type of the corpus with its count in train, most frequent first."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import Field
from typing_extensions import TypedDict

from pipeline.errors import UserError, remake, shown
from pipeline.files.json import read_json, write_json
from pipeline.work.outputs import need, write_text

BEGIN, END, UNKNOWN = 0, 1, 2
"""Ids of the beginning and the end of a text, and of all types that the softmax does not predict."""
SPECIALS = ["<S>", "</S>", "<UNK>"]


class Entry(NamedTuple):
    """A type of the corpus and how often train has it; 0 for a type of validation alone."""

    lemma: str
    frequency: int


@dataclass(frozen=True)
class Vocabulary:
    """Ids 0, 1, 2 are `<S>`, `</S>`, `<UNK>`; then come all types of the corpus by falling count in train."""

    entries: list[Entry]
    size: int
    """How many leading ids the softmax predicts. A later type is predicted as `<UNK>` but read by its own id, and so
    with its own char-CNN vector: characters matter most for rare words."""

    def __len__(self) -> int:
        return len(SPECIALS) + len(self.entries)

    @property
    def types(self) -> list[str]:
        """The string of every id."""
        return SPECIALS + [entry.lemma for entry in self.entries]

    def save(self, folder: Path) -> None:
        """Write `vocabulary.txt` (a line an entry, see `format_entry`) and `vocabulary.json`."""
        write_text(folder / "vocabulary.txt", "".join(map(format_entry, self.entries)))
        write_json(folder / "vocabulary.json", {"size": self.size, "types": len(self)})

    @classmethod
    def load(cls, folder: Path) -> "Vocabulary":
        """Read what `save` wrote; a `UserError` names a file that is damaged."""
        facts, entries = read_facts(folder), [*read_entries(folder)]
        vocabulary = cls(entries, facts["size"])
        if facts["types"] != len(vocabulary) or facts["size"] > len(vocabulary):
            fault = f"found {len(vocabulary):,} types, expected {facts['types']:,}, of which {facts['size']:,} are"
            raise UserError(f"{folder}: {fault} predicted, by vocabulary.json; {remake('vocabulary')}")
        return vocabulary


class Facts(TypedDict):
    """vocabulary.json: how many ids the softmax predicts, and how many there are."""

    size: Annotated[int, Field(gt=len(SPECIALS))]
    types: Annotated[int, Field(gt=len(SPECIALS), lt=2**31)]


def read_facts(folder: Path) -> Facts:
    """Read vocabulary.json."""
    return read_json(folder / "vocabulary.json", Facts, "vocabulary")


def format_entry(entry: Entry) -> str:
    """Join lemma, tab, count and line feed; no lemma contains a tab or a line feed."""
    return f"{entry.lemma}\t{entry.frequency}\n"


def parse_entries(path: Path) -> Iterator[Entry]:
    """Stream the entries of a file; a `ValueError` if a line is not what `format_entry` makes."""
    with path.open(encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, 1):
            lemma, tab, count = line.rstrip("\n").rpartition("\t")
            if not tab or not count.isdecimal():
                raise ValueError(f"line {number:,}: found {shown(line)}, expected a lemma, a tab and a count")
            yield Entry(lemma, int(count))


def read_entries(folder: Path) -> Iterator[Entry]:
    """Stream the types of `vocabulary.txt`, most frequent first; a `UserError` if it is damaged."""
    path = need(folder / "vocabulary.txt", "vocabulary")
    try:
        yield from parse_entries(path)
    except ValueError as error:
        raise UserError(f"{path}: {shown(error)}; {remake('vocabulary')}") from None
