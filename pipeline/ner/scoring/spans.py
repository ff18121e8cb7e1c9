"""The entities of label numbers, as arrays: sentences one after the other, as everywhere in this room."""

from typing import NamedTuple

import numpy as np

from pipeline.ner.data.bio import OUTSIDE, tag_type
from pipeline.ner.tagging.batches import Indices


class Spans(NamedTuple):
    """Entities in order; each int64 (spans,)."""

    sentence: Indices
    start: Indices
    """The first token, counted in its sentence."""
    stop: Indices
    """The token behind the last."""
    begin: Indices
    """The number of B- of the entity's type."""
    inside: Indices
    """That of I-."""

    def of_sentences(self, wanted: Indices) -> "Spans":
        """Those in some sentences, given in rising order, which are then counted from 0."""
        kept = np.isin(self.sentence, wanted)
        spans = Spans(*(column[kept] for column in self))
        return spans._replace(sentence=np.searchsorted(wanted, spans.sentence))


def find_spans(tags: Indices, lengths: Indices, labels: list[str]) -> Spans:
    """The entities of legal tags, int64 (tokens,); lengths int64 (sentences,)."""
    begin, inside = _numbers(labels)
    sentence = np.repeat(np.arange(len(lengths)), lengths)
    begins = (begin[tags] == tags) & (tags > 0)
    (first,) = begins.nonzero()
    # The number of an entity is how many have begun: its tokens share it, and O is left out.
    sizes = np.bincount(np.cumsum(begins)[tags > 0], minlength=len(first) + 1)[1:]
    start = first - (np.cumsum(lengths) - lengths)[sentence[first]]
    return Spans(sentence[first], start, start + sizes, tags[first], inside[tags[first]])


def same_spans(found: Spans, gold: Spans) -> np.ndarray:
    """Which of the found ones are gold, with borders and type; bool (found spans,)."""
    known = set(zip(*(column.tolist() for column in gold[:4]), strict=True))
    keys = zip(*(column.tolist() for column in found[:4]), strict=True)
    return np.array([key in known for key in keys], dtype=bool)


def _numbers(labels: list[str]) -> tuple[Indices, Indices]:
    """The number of B- and of I- of the type of every label; those of O are 0."""
    places = {label: number for number, label in enumerate(labels)}
    pairs = [(0, 0) if x == OUTSIDE else (places["B-" + tag_type(x)], places["I-" + tag_type(x)]) for x in labels]
    begin, inside = np.array(pairs, dtype=np.int64).T
    return begin, inside
