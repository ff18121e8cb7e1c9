"""Rows of `token _ _ tag` under headers: MultiCoNER (SemEval-2022 task 11; the paper's second set) and MultiCoNER v2.

    # id 11b11e4f-73c6-4e3d-babd-0de83e450861<TAB>domain=train
    российская _ _ B-GRP
    # _ _ O

A blank line ends a sentence. Only lines that begin with `# id ` are headers: `#` is a token too, 213 times in the
training split, and the paper's Table 1 has counted these as sentences. One row there is `friedrich_i _ _ _ O`, a
token with a space in it, so rows are read from the right.
"""

from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import UserError, shown
from pipeline.ner.data.lines import Row, check_row, group, read_lines
from pipeline.ner.data.sentence import RawSentence

HEADER = "# id "


def read(path: Path) -> Iterator[RawSentence]:
    """Stream the sentences of a file; a `UserError` names the line, what was found and what was expected."""
    return group(_rows(path))


def _rows(path: Path) -> Iterator[Row | None]:
    for number, line in read_lines(path):
        # A header also ends a sentence, should its blank line be missing.
        yield None if not line or line.startswith(HEADER) else _parse(f"{path}:{number}", line)


def _parse(place: str, line: str) -> Row:
    fields = line.rsplit(" ", 3)
    if len(fields) != 4 or fields[1:3] != ["_", "_"]:
        raise UserError(f"{place}: found {shown(line)}, expected `token _ _ tag` with single spaces between")
    return check_row(place, fields[0], fields[3])
