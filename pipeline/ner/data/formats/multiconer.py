"""Rows of `token _ _ tag` under headers: MultiCoNER (SemEval-2022 task 11; the paper's second set) and MultiCoNER v2.

    # id 11b11e4f-73c6-4e3d-babd-0de83e450861<TAB>domain=train
    российская _ _ B-GRP
    # _ _ O

A blank line ends a sentence. Only lines that begin with `# id ` are headers: `#` is also a token, 213 times in the
training split, and the paper's Table 1 counts each as a sentence. One row there is `friedrich_i _ _ _ O`, whose token
has a space in it, so rows are read from the right.
"""

from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import UserError, shown
from pipeline.ner.data.lines import Row, read_lines


def rows(path: Path) -> Iterator[Row | None]:
    """The tokens of a file; a header also ends a sentence, in case the blank line is missing."""
    for number, line in read_lines(path):
        location, fields = f"{path}:{number}", line.rsplit(" ", 3)
        if not line or line.startswith("# id "):
            yield None
        elif len(fields) != 4 or fields[1:3] != ["_", "_"]:
            raise UserError(f"{location}: found {shown(line)}, expected `token _ _ tag` with single spaces between")
        else:
            yield Row(location, fields[0], fields[3])
