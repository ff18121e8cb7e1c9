"""A split as the pipeline stores it: data/ner/<set>/<split>.tsv.

    Россия<TAB>россия<TAB>B-LOC
    победила<TAB>победить<TAB>O

A line holds the token as given, the word that the language model reads for it (the protocol decides which; here the
lemma in lower case) and the legal BIO tag. A blank line follows each sentence.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from typing_extensions import TypedDict

from pipeline.errors import UserError, remake
from pipeline.files.json import parse_json, write_json
from pipeline.ner.settings import Labels
from pipeline.work.outputs import fresh_file, need

SPLITS = ["train", "validation", "test"]
LABELS, COUNTS = "labels.json", "counts.json"


class LabelsFile(TypedDict):
    """labels.json."""

    labels: Labels


class Sentence(NamedTuple):
    """A sentence after stage `corpora`; all three lists are equally long."""

    tokens: list[str]
    lemmas: list[str]
    """The words that the language model reads; these are the tokens where the protocol asks for no lemmas."""
    tags: list[str]


def split_path(corpus: Path, split: str) -> Path:
    """Return the file of a split."""
    return corpus / f"{split}.tsv"


def write_split(path: Path, sentences: Iterable[Sentence]) -> None:
    """Write sentences, none of them empty, whose tokens hold neither tabs nor line ends."""
    with fresh_file(path) as partial, partial.open("w", encoding="utf-8", newline="\n") as file:
        for sentence in sentences:
            file.writelines("\t".join(row) + "\n" for row in zip(*sentence, strict=True))
            file.write("\n")


def read_split(path: Path) -> Iterator[Sentence]:
    """Stream the sentences of a split."""
    with need(path, "corpora").open("rb") as file:
        yield from parse_split(file, str(path))


def parse_split(lines: Iterable[bytes], location: str) -> Iterator[Sentence]:
    """Yield the sentences of lines that end in LF, the only line end; `location` is their file, for messages."""
    rows: list[list[str]] = []
    for number, line in enumerate(lines, 1):
        if line != b"\n":
            try:
                token, lemma, tag = line.decode().removesuffix("\n").split("\t")
            except ValueError:  # not UTF-8, or not three fields
                fault = f"found {line[:100]!r}, expected UTF-8 in three fields: token lemma tag"
                raise UserError(f"{location}:{number}: {fault}; {remake('corpora')}") from None
            rows.append([token, lemma, tag])
        elif rows:
            yield Sentence(*(list(column) for column in zip(*rows, strict=True)))
            rows = []
    if rows:
        fault = "the last sentence has no blank line after it: the file is cut off"
        raise UserError(f"{location}: {fault}; {remake('corpora')}")


def write_labels(corpus: Path, labels: list[str]) -> None:
    """Write the labels of a set; the index of a label is its number in the tagger."""
    write_json(corpus / LABELS, {"labels": labels})


def read_labels(corpus: Path) -> list[str]:
    """Read what `write_labels` wrote."""
    path = need(corpus / LABELS, "corpora")
    return parse_labels(path.read_bytes(), str(path))


def parse_labels(data: bytes, location: str) -> list[str]:
    """Return the labels in the bytes of labels.json; `location` is the file, for messages."""
    labels: list[str] = parse_json(data, location, remake("corpora"), LabelsFile)["labels"]
    return labels
