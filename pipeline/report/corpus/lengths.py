"""How long documents, sentences and fragments are, in words."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline.errors import UserError, remake
from pipeline.files.shards import Document, read_documents
from pipeline.work.progress import track


class Lengths:
    """How many have which length. Memory is that of the distinct lengths, however many there are."""

    def __init__(self, lengths: Iterable[int] = ()) -> None:
        self._counts = Counter(lengths)

    def update(self, lengths: Iterable[int]) -> None:
        """Count further ones."""
        self._counts.update(lengths)

    @property
    def histogram(self) -> tuple[np.ndarray, np.ndarray]:
        """The lengths that occur, rising, and how many have each: int64 of shape (distinct lengths,)."""
        pairs = np.array(sorted(self._counts.items()), dtype=np.int64).reshape(-1, 2)
        return pairs[:, 0], pairs[:, 1]

    @property
    def number(self) -> int:
        """How many there are."""
        return self._counts.total()

    @property
    def mean(self) -> float:
        """Words of one of them, on average."""
        return sum(length * number for length, number in self._counts.items()) / self.number

    @property
    def longest(self) -> int:
        """Words of the longest."""
        return max(self._counts)

    def quantile(self, share: float) -> int:
        """The least length that at least this share of them does not exceed."""
        lengths, numbers = self.histogram
        return int(lengths[np.searchsorted(np.cumsum(numbers), share * self.number)])


class CorpusLengths(NamedTuple):
    """Of each unit; a document is as long as its sentences together."""

    documents: Lengths
    sentences: Lengths
    fragments: Lengths


def count_lengths(sentences: Path, fragments: Path) -> CorpusLengths:
    """Read the shards of both stages once, a document at a time."""
    found = CorpusLengths(Lengths(), Lengths(), Lengths())
    for document in track(read_documents(sentences), "lengths of sentences", "documents"):
        words = _words(document)
        found.sentences.update(words)
        found.documents.update([sum(words)])
    for document in track(read_documents(fragments), "lengths of fragments", "documents"):
        found.fragments.update(_words(document))
    for folder, lengths in ((sentences, found.sentences), (fragments, found.fragments)):
        if not lengths.number:
            raise UserError(f"{folder}: found nothing in its shards; {remake(folder.name)}")
    return found


def _words(document: Document) -> list[int]:
    """Lines have single spaces between words, and no empty one is written."""
    return [line.count(" ") + 1 for line in document.lines]
