"""Index, token and tag with tabs between: WikiNEuRal (the paper's first set), WikiANN and MultiNERD of Babelscape.

    0<TAB>Москва<TAB>B-LOC
    1<TAB>—<TAB>O
    2<TAB>столица<TAB>O

A blank line ends a sentence. Not CoNLL-U in spite of the files' names: `#` begins no comment.
"""

from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import UserError, shown
from pipeline.ner.data.lines import Row, check_row, group, read_lines
from pipeline.ner.data.sentence import RawSentence


def read(path: Path) -> Iterator[RawSentence]:
    """Stream the sentences of a file; a `UserError` names the line, what was found and what was expected."""
    return group(_rows(path))


def _rows(path: Path) -> Iterator[Row | None]:
    expected = 0
    for number, line in read_lines(path):
        row = _parse(f"{path}:{number}", line, expected) if line else None
        expected = expected + 1 if row else 0
        yield row


def _parse(place: str, line: str, expected: int) -> Row:
    fields = line.split("\t")
    if len(fields) != 3:
        raise UserError(
            f"{place}: found {len(fields)} fields in {shown(line)}, expected 3 with tabs between: index token tag"
        )
    index, token, tag = fields
    if index != str(expected):
        raise UserError(f"{place}: found index {shown(index)}, expected {expected}; is a line or a blank line missing?")
    return check_row(place, token, tag)
