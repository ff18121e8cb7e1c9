"""WikiANN (Pan et al. 2017) in the form of Babelscape/wikineural: WikiNEuRal's rows, without its type MISC."""

from collections.abc import Iterator
from pathlib import Path

from pipeline.ner.bio import bio_labels
from pipeline.ner.formats.wikineural import read_rows
from pipeline.ner.lines import group
from pipeline.ner.sentence import RawSentence

TYPES = ["PER", "ORG", "LOC"]


def read(path: Path) -> Iterator[RawSentence]:
    """Stream the sentences of a file; a `UserError` names the line, what was found and what was expected."""
    return group(read_rows(path, bio_labels(TYPES)))
