"""CoNLL-2003 (Tjong Kim Sang and De Meulder 2003), the form in which sets of many languages are published.

    -DOCSTART- -X- -X- O

    EU NNP B-NP B-ORG
    rejects VBZ B-VP O

The token is the first column and the tag the last; what is between them, be it two columns as in English, three as in
German, or none, is not read. Columns are parted by blanks or tabs, and every row of a file has as many. A blank line
ends a sentence, and so does a row of -DOCSTART-, which is no token. In IOB1, as first published, an entity begins with
I-: an `I-` that continues nothing is counted and becomes B- in stage corpora, as any other such.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import UserError
from pipeline.ner.bio import bio_labels
from pipeline.ner.lines import Row, check_row, group, read_lines
from pipeline.ner.sentence import RawSentence

TYPES = ["PER", "ORG", "LOC", "MISC"]
LABELS = bio_labels(TYPES)
DOCUMENT = "-DOCSTART-"
_GAP = re.compile("[ \t]+")  # not str.split(): a no-break space is part of its token


def read(path: Path) -> Iterator[RawSentence]:
    """Stream the sentences of a file; a `UserError` names the line, what was found and what was expected."""
    return group(_rows(path))


def _rows(path: Path) -> Iterator[Row | None]:
    columns = 0
    for number, line in read_lines(path):
        fields = _GAP.split(line.strip(" \t"))
        if fields == [""] or fields[0] == DOCUMENT:
            yield None
            continue
        columns = columns or max(len(fields), 2)
        if len(fields) != columns:
            raise UserError(
                f"{path}:{number}: found {len(fields)} columns in {line!r}, expected {columns} with blanks between, "
                "the token first and the tag last"
            )
        yield check_row(f"{path}:{number}", fields[0], fields[-1], LABELS)
