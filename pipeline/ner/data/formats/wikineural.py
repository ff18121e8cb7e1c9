"""Index, token and tag with tabs between: WikiNEuRal (the paper's first set), WikiANN and MultiNERD of Babelscape.

    0<TAB>Москва<TAB>B-LOC
    1<TAB>—<TAB>O
    2<TAB>столица<TAB>O

A blank line ends a sentence. This is not CoNLL-U in spite of the files' names: `#` begins no comment.
"""

from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import UserError, shown
from pipeline.ner.data.lines import Row, read_lines


def rows(path: Path) -> Iterator[Row | None]:
    """The tokens of a file."""
    expected = 0
    for number, line in read_lines(path):
        location, fields = f"{path}:{number}", line.split("\t")
        if not line:
            expected = 0
            yield None
            continue
        if len(fields) != 3:
            fault = f"found {len(fields)} fields in {shown(line)}, expected 3 with tabs between: index token tag"
            raise UserError(f"{location}: {fault}")
        if fields[0] != str(expected):
            fault = f"found index {shown(fields[0])}, expected {expected}; is a line or a blank line missing?"
            raise UserError(f"{location}: {fault}")
        expected += 1
        yield Row(location, fields[1], fields[2])
