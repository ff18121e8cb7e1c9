"""A split as the pipeline keeps it: data/ner/<set>/<split>.tsv.

    Россия<TAB>россия<TAB>B-LOC
    победила<TAB>победить<TAB>O

Token as given, what the language model reads of it (by the protocol, here its lemma in lower case), legal BIO tag; a
blank line after each sentence.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from typing_extensions import TypedDict

from pipeline.errors import UserError, remake, shown
from pipeline.files.json import parse_json, write_json
from pipeline.ner.data.sentence import Sentence
from pipeline.ner.settings import Labels
from pipeline.work.outputs import fresh_file, need

SPLITS = ["train", "validation", "test"]
LABELS = "labels.json"
_REMAKE = remake("corpora")


class LabelsFile(TypedDict):
    """labels.json."""

    labels: Labels


def split_path(corpus: Path, split: str) -> Path:
    """The file of a split."""
    return corpus / f"{split}.tsv"


def write_split(path: Path, sentences: Iterable[Sentence]) -> None:
    """Write sentences; `read_split` is the exact inverse."""
    with fresh_file(path) as partial, partial.open("w", encoding="utf-8", newline="\n") as file:
        for sentence in sentences:
            file.write(format_sentence(sentence))


def read_split(path: Path) -> Iterator[Sentence]:
    """Stream the sentences of a split."""
    need(path, "corpora")
    with path.open("rb") as file:
        yield from parse_split(file, str(path))


def parse_split(lines: Iterable[bytes], place: str) -> Iterator[Sentence]:
    """The same from lines with their LF, which alone ends one; `place` names them in messages."""
    rows: list[list[str]] = []
    for number, line in enumerate(lines, 1):
        if line != b"\n":
            rows.append(_parse(f"{place}:{number}", line))
        elif rows:
            yield _sentence(rows)
            rows = []
    if rows:
        raise UserError(f"{place}: the last sentence has no blank line after it: the file is cut off; {_REMAKE}")


def format_sentence(sentence: Sentence) -> str:
    """The sentence as the text of a split; a `ValueError` if it could not be read back."""
    rows = zip(sentence.tokens, sentence.lemmas, sentence.tags, strict=True)
    lines = ["\t".join(row) for row in rows]
    if not lines or any(line.count("\t") != 2 or "\n" in line for line in lines):
        raise ValueError(f"a sentence is not empty and holds neither tabs nor line ends, got {sentence}")
    return "\n".join(lines) + "\n\n"


def write_labels(corpus: Path, labels: list[str]) -> None:
    """Write the labels of a set; the place of a label is its number in the tagger."""
    write_json(corpus / LABELS, {"labels": labels})


def read_labels(corpus: Path) -> list[str]:
    """Read what `write_labels` wrote."""
    path = need(corpus / LABELS, "corpora")
    return parse_labels(path.read_bytes(), str(path))


def parse_labels(data: bytes, place: str) -> list[str]:
    """The same from bytes; `place` names them in messages."""
    labels: list[str] = parse_json(data, place, remake("corpora"), LabelsFile)["labels"]
    return labels


def _parse(place: str, line: bytes) -> list[str]:
    try:
        fields = line.decode().removesuffix("\n").split("\t")
    except UnicodeDecodeError as error:
        found = f"byte 0x{line[error.start]:02x}, which is not UTF-8"
        raise UserError(f"{place}: found {found}, expected text; {_REMAKE}") from None
    if len(fields) != 3:
        found = f"{len(fields)} fields in {shown(line.decode())}"
        raise UserError(f"{place}: found {found}, expected 3: token lemma tag; {_REMAKE}")
    return fields


def _sentence(rows: list[list[str]]) -> Sentence:
    tokens, lemmas, tags = (list(column) for column in zip(*rows, strict=True))
    return Sentence(tokens, lemmas, tags)
