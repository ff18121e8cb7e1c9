"""WikiNEuRal (Babelscape/wikineural; the paper's first set), as published.

    0<TAB>Москва<TAB>B-LOC
    1<TAB>—<TAB>O
    2<TAB>столица<TAB>O

A blank line ends a sentence. Not CoNLL-U in spite of the files' names: `#` begins no comment.
"""

from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import UserError
from pipeline.ner.bio import bio_labels
from pipeline.ner.lines import Row, check_row, group, read_lines
from pipeline.ner.sentence import RawSentence

TYPES = ["PER", "ORG", "LOC", "MISC"]


def read(path: Path) -> Iterator[RawSentence]:
    """Stream the sentences of a file; a `UserError` names the line, what was found and what was expected."""
    return group(read_rows(path, bio_labels(TYPES)))


def read_rows(path: Path, labels: list[str]) -> Iterator[Row | None]:
    """Rows with one of these labels, None for a blank line: sets of the same authors differ in their types."""
    expected = 0
    for number, line in read_lines(path):
        row = _parse(f"{path}:{number}", line, expected, labels) if line else None
        expected = expected + 1 if row else 0
        yield row


def _parse(place: str, line: str, expected: int, labels: list[str]) -> Row:
    fields = line.split("\t")
    if len(fields) != 3:
        raise UserError(
            f"{place}: found {len(fields)} fields in {line!r}, expected 3 with tabs between: index token tag"
        )
    index, token, tag = fields
    if not (index.isascii() and index.isdigit()):
        raise UserError(f"{place}: found index {index!r}, expected a number")
    if int(index) != expected:
        raise UserError(f"{place}: found index {index}, expected {expected}; is a line or a blank line missing?")
    return check_row(place, token, tag, labels)
