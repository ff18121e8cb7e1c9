"""Published formats of data sets: a data set is one reader and one line here."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from pipeline.ner.formats import multiconer, wikineural
from pipeline.ner.sentence import RawSentence


class Format(NamedTuple):
    """How to read a file of a data set, and the labels it may hold."""

    read: Callable[[Path], Iterator[RawSentence]]
    labels: list[str]


FORMATS = {
    "wikineural": Format(wikineural.read_wikineural, wikineural.LABELS),
    "multiconer": Format(multiconer.read_multiconer, multiconer.LABELS),
}
