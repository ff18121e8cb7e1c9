"""Columns: CoNLL-2003 (Tjong Kim Sang and De Meulder 2003), the form in which sets of many languages are published.

    -DOCSTART- -X- -X- O

    EU NNP B-NP B-ORG
    rejects VBZ B-VP O

The token is the first column and the tag the last; what is between them, be it two columns as in English, three as in
German, or none, is not read. Columns are parted by blanks or tabs, and every row of a file has as many. A blank line
ends a sentence, and so does a row of -DOCSTART-, which is no token.

Three things that copies of such files have are seen in their first sentences, read for what they are, and said:

- a running number before the token, as in CoNLL-U; it may go on through the file;
- a second column of labels after the first, of entities in entities, as in GermEval 2014: the first is read;
- lines of comments between sentences. They begin with `#` and end in no label, for `#` is a token too.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import UserError, shown
from pipeline.ner.data.bio import is_label, tag_type
from pipeline.ner.data.lines import Row, check_length, read_lines
from pipeline.work.progress import say

DOCUMENT = "-DOCSTART-"
SAMPLE = 100
"""Sentences by which columns are known: in a set without numbers a few of them may be numbers that count, not most."""
CHUNKS = {"ADJP", "ADVP", "CONJP", "INTJ", "LST", "NC", "NP", "PC", "PP", "PRT", "SBAR", "UCP", "VC", "VP"}
"""Types of CoNLL's labels of phrases, which stand before those of entities and look like them."""
_GAP = re.compile("[ \t]+")  # not str.split(): a no-break space is part of its token
_NUMBER = re.compile(r"([0-9]{1,9})\.?")
_RANGE = re.compile(r"[0-9]{1,9}[-.][0-9]{1,9}")
"""CoNLL-U: `3-4` repeats two words as one, `8.1` is no word of the sentence."""
_INDEX = re.compile(r"[A-Za-z]{0,3}[0-9]{1,9}([-.:][0-9]{1,9})*[.)]?")


class Line(NamedTuple):
    """A line that is not blank."""

    place: str
    fields: list[str]

    @property
    def number(self) -> int:
        """The running number, if that is what the first field is; else -1."""
        number = _NUMBER.fullmatch(self.fields[0])
        return int(number[1]) if number else -1


def rows(path: Path) -> Iterator[Row | None]:
    """The tokens of a file."""
    width, token, label = _find_columns(path)
    counts, last = Counter[str](), 0
    for lines in _sentences(path, counts):
        for index, line in enumerate(lines):
            fields = line.fields
            if len(fields) != width:
                what = f"found {len(fields)} columns in {shown(' '.join(fields))}, expected {width}"
                raise UserError(f"{line.place}: {what} with blanks between, the token first and the tag last")
            if token:
                if line.number != last + 1 and (index or line.number not in (0, 1)):
                    what = f"found {shown(fields[0])} in the first column, expected {last + 1}"
                    advice = (
                        "it is a running number in the first sentences; is a line missing, or one of several words?"
                    )
                    raise UserError(f"{line.place}: {what}: {advice}")
                last = line.number
            yield Row(line.place, fields[token], fields[label])
        yield None
    if counts["comments"]:
        say(f"{path}: lines of comments (#) left out: {counts['comments']:,}")


def _sentences(path: Path, counts: Counter[str]) -> Iterator[list[Line]]:
    """The lines between blank lines and rows of -DOCSTART-, without comments before the first, which are counted."""
    lines: list[Line] = []
    for number, text in read_lines(path):
        fields = _GAP.split(text.strip(" \t"))
        if fields == [""] or DOCUMENT in fields[:2]:
            if lines:
                yield lines
            lines = []
        elif not lines and fields[0].startswith("#") and not is_label(fields[-1]):
            counts["comments"] += 1
        else:
            lines.append(Line(f"{path}:{number}", fields))
            check_length(lines[0].place, len(lines))
    if lines:
        yield lines


def _find_columns(path: Path) -> tuple[int, int, int]:
    """How many columns there are, and the indices of token and label, by the first sentences.

    It is said if the token is not simply in the first and the label in the last.
    """
    sample = list(islice(_sentences(path, Counter()), SAMPLE))
    width = max(len(sample[0][0].fields), 2) if sample else 2
    full = [line.fields for lines in sample for line in lines if len(line.fields) == width]
    token, label, said = 0, width - 1, []
    if width > 2 and 2 * _count_numbered(sample) > len(sample):
        token = 1
        said.append("column 1 is a running number")
    elif width > 2 and _is_index([row[0] for row in full]):
        raise UserError(
            f"{path}: found numbers in the first column, which do not count the tokens of sentences; expected tokens "
            "there, and a blank line after each sentence"
        )
    while label - 1 > token and _is_nested(path, full, label):
        said.append(f"column {label + 1} has entities inside those of column {label} and is left out")
        label -= 1
    if said:
        say(f"{path}: token in column {token + 1}, label in column {label + 1} of {width}: {'; '.join(said)}")
    return width, token, label


def _is_index(column: list[str]) -> bool:
    """Whether the fields are numbers, nearly all of them, or mostly numbers of several parts, as `1-2` and `s1.2`."""
    plain = sum(field.isdigit() for field in column)
    composed = sum(_INDEX.fullmatch(field) is not None for field in column) - plain
    return 10 * plain > 9 * len(column) or 2 * composed > len(column)


def _count_numbered(sample: list[list[Line]]) -> int:
    """Sentences whose first column counts from 0 or 1, or goes on where the one before it ended."""
    last = total = 0
    for lines in sample:
        numbers = [line.number for line in lines if not _RANGE.fullmatch(line.fields[0])] or [-1]
        total += numbers[0] in (0, 1, last + 1) and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        last = numbers[-1]
    return total


def _is_nested(path: Path, sample: list[list[str]], column: int) -> bool:
    """Whether the labels of this column, in the whole file, are of entities inside those of the column before it."""
    if not all(is_label(row[i]) for row in sample for i in (column, column - 1)):
        return False
    lines = (line for sentence in _sentences(path, Counter()) for line in sentence if len(line.fields) > column)
    pairs = {(line.fields[column], line.fields[column - 1]) for line in lines}
    inner, outer = ({tag_type(pair[i]) for pair in pairs} - {""} for i in (0, 1))
    return bool(inner & outer) or not (inner or outer <= CHUNKS)
