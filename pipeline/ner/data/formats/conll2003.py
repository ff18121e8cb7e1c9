"""Columns: CoNLL-2003 (Tjong Kim Sang and De Meulder 2003), the form in which sets of many languages are published.

    -DOCSTART- -X- -X- O

    EU NNP B-NP B-ORG
    rejects VBZ B-VP O

The token is the first column and the tag the last; the columns between them (two in English, three in German, often
none) are not read. Blanks or tabs separate the columns, and all rows of a file have equally many. A blank line ends a
sentence, and so does a row of -DOCSTART-, which is no token.

Three peculiarities of such files are recognised and reported:

- a running number before the token, as in CoNLL-U; it may go on through the file;
- a second column of labels after the first, for entities inside entities, as in GermEval 2014: the first is read;
- comments between sentences, lines that begin with `#` and do not end in a label (`#` may also be a token).
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from pipeline.errors import UserError, shown
from pipeline.ner.data.bio import is_label, tag_type
from pipeline.ner.data.lines import Row, check_length, read_lines
from pipeline.work.progress import say

DOCUMENT = "-DOCSTART-"
SAMPLE = 100
"""This many sentences decide what the columns are; a few may look numbered, as in tables of results, but not most."""
CHUNKS = {"ADJP", "ADVP", "CONJP", "INTJ", "LST", "NC", "NP", "PC", "PP", "PRT", "SBAR", "UCP", "VC", "VP"}
"""Types in CoNLL's column of phrases, which stands before the column of entities and looks like it."""
_GAP = re.compile("[ \t]+")  # not str.split(): a no-break space is part of its token
_NUMBER = re.compile(r"([0-9]{1,9})\.?")
_RANGE = re.compile(r"[0-9]{1,9}[-.][0-9]{1,9}")
"""In CoNLL-U `3-4` repeats two words as one, and `8.1` is not a word of the sentence."""
_INDEX = re.compile(r"[A-Za-z]{0,3}[0-9]{1,9}([-.:][0-9]{1,9})*[.)]?")


Line = tuple[str, list[str]]
"""The file and the number of a line, and its fields."""


def rows(path: Path) -> Iterator[Row | None]:
    """The tokens of a file."""
    width, token, label = _find_columns(path)
    counts, last = Counter[str](), 0
    for sentence in _sentences(path, counts):
        for index, (location, fields) in enumerate(sentence):
            if len(fields) != width:
                fault = f"found {len(fields)} columns in {shown(' '.join(fields))}, expected {width}"
                raise UserError(f"{location}: {fault} with blanks between, the token first and the tag last")
            if token:
                number = _number(fields)
                if number != last + 1 and (index or number not in (0, 1)):
                    fault = f"found {shown(fields[0])} in the first column, expected {last + 1}"
                    reason = "it is a running number in the first sentences"
                    raise UserError(f"{location}: {fault}: {reason}; is a line missing, or one of several words?")
                last = number
            yield Row(location, fields[token], fields[label])
        yield None
    if counts["comments"]:
        say(f"{path}: lines of comments (#) left out: {counts['comments']:,}")


def _sentences(path: Path, counts: Counter[str]) -> Iterator[list[Line]]:
    """The lines between blank lines and rows of -DOCSTART-; comments before a sentence are left out and counted."""
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
            lines.append((f"{path}:{number}", fields))
            check_length(lines[0][0], len(lines))
    if lines:
        yield lines


def _find_columns(path: Path) -> tuple[int, int, int]:
    """Find the number of columns and the indices of token and label, by the first sentences.

    A line is printed unless the token is in the first column and the label in the last.
    """
    sample = list(islice(_sentences(path, Counter()), SAMPLE))
    lines = [fields for sentence in sample for _, fields in sentence]
    width = max(2, len(lines[0])) if lines else 2
    full = [fields for fields in lines if len(fields) == width]
    token, label, notes = 0, width - 1, []
    if width > 2 and 2 * _count_numbered(sample) > len(sample):
        token = 1
        notes.append("column 1 is a running number")
    elif width > 2 and _is_index([fields[0] for fields in full]):
        raise UserError(
            f"{path}: found numbers in the first column, which do not count the tokens of sentences; expected tokens "
            "there, and a blank line after each sentence"
        )
    while label - 1 > token and _is_nested(path, full, label):
        notes.append(f"column {label + 1} has entities inside those of column {label} and is left out")
        label -= 1
    if notes:
        say(f"{path}: token in column {token + 1}, label in column {label + 1} of {width}: {'; '.join(notes)}")
    return width, token, label


def _number(fields: list[str]) -> int:
    """Return the running number in the first field; -1 if there is none."""
    number = _NUMBER.fullmatch(fields[0])
    return int(number[1]) if number else -1


def _is_index(column: list[str]) -> bool:
    """Whether nearly all fields are plain numbers, or most are numbers of several parts, such as `1-2` and `s1.2`."""
    plain = sum(field.isdigit() for field in column)
    composed = sum(_INDEX.fullmatch(field) is not None for field in column) - plain
    return 10 * plain > 9 * len(column) or 2 * composed > len(column)


def _count_numbered(sample: list[list[Line]]) -> int:
    """Count the sentences whose first column counts from 0 or 1, or continues the sentence before."""
    last = total = 0
    for sentence in sample:
        numbers = [_number(fields) for _, fields in sentence if not _RANGE.fullmatch(fields[0])] or [-1]
        total += numbers[0] in (0, 1, last + 1) and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        last = numbers[-1]
    return total


def _is_nested(path: Path, sample: list[list[str]], column: int) -> bool:
    """Whether this column labels entities inside the entities of the column before it, by the whole file."""
    if not all(is_label(label) for fields in sample for label in fields[column - 1 : column + 1]):
        return False
    lines = (fields for sentence in _sentences(path, Counter()) for _, fields in sentence if len(fields) > column)
    pairs = {tuple(fields[column - 1 : column + 1]) for fields in lines}
    outer, inner = ({tag_type(label) for label in labels} - {""} for labels in zip(*pairs, strict=True))
    return bool(inner & outer) or not (inner or outer <= CHUNKS)
