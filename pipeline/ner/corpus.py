"""A split as the pipeline keeps it: data/ner/<set>/<split>.tsv.

    Россия<TAB>россия<TAB>B-LOC
    победила<TAB>победить<TAB>O

Token as given, what the language model reads of it (by the protocol, here its lemma in lower case), legal BIO tag; a
blank line after each sentence.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipeline.errors import UserError
from pipeline.ner.bio import OUTSIDE
from pipeline.ner.sentence import Sentence
from pipeline.outputs import fresh_file, need, write_json

SPLITS = ["train", "validation", "test"]
LABELS = "labels.json"


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
    # newline="\n": U+2028 and its kin are text here; only LF ends a line.
    with path.open(encoding="utf-8", newline="\n") as file:
        yield from parse_split(file, str(path))


def parse_split(lines: Iterable[str], place: str) -> Iterator[Sentence]:
    """The same from lines with their LF; `place` names them in messages."""
    rows: list[list[str]] = []
    for number, line in enumerate(lines, 1):
        if line != "\n":
            rows.append(_parse(f"{place}:{number}", line))
        elif rows:
            yield _sentence(rows)
            rows = []
    if rows:
        raise UserError(f"{place}: the last sentence has no blank line after it: the file is cut off")


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
    return parse_labels(path.read_text(encoding="utf-8"), str(path))


def parse_labels(text: str, place: str) -> list[str]:
    """The same from text; `place` names it in messages."""
    labels: list[str] = json.loads(text)["labels"]
    if labels[0] != OUTSIDE:
        raise UserError(f"{place}: found {labels[0]!r} as the first label, expected {OUTSIDE}")
    return labels


def _parse(place: str, line: str) -> list[str]:
    fields = line.removesuffix("\n").split("\t")
    if len(fields) != 3:
        raise UserError(f"{place}: found {len(fields)} fields in {line!r}, expected 3: token lemma tag")
    return fields


def _sentence(rows: list[list[str]]) -> Sentence:
    tokens, lemmas, tags = (list(column) for column in zip(*rows, strict=True))
    return Sentence(tokens, lemmas, tags)
