"""Published formats of NER files: a format is one reader and one line here.

A data set names its format in the manifests; a new one is also a field of `Ner` in `pipeline/sources/manifest.py`,
an entry wherever dvc.yaml lists the sets, and a title in `pipeline/report/paper.py`.
"""

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
