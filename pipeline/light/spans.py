"""The entities that tags stand for, `pipeline.ner.scoring.scores.find_spans`."""

from typing import NamedTuple

import numpy as np

from pipeline.light.weights import Integers
from pipeline.ner.data.bio import OUTSIDE, tag_type


class Spans(NamedTuple):
    """The entities of a batch, sentence after sentence; each int64 (spans,)."""

    sentence: Integers
    start: Integers
    """The first token, counted in its sentence."""
    stop: Integers
    """The token after the last."""
    begin: Integers
    """The number of B- of the entity's type."""
    inside: Integers
    """The number of I- of the entity's type."""


def find_spans(tags: Integers, lengths: Integers, labels: list[str]) -> Spans:
    """Find the entities of label numbers, int64 (tokens,), one sentence after another; lengths (sentences,).

    An I- that continues no entity begins one.
    """
    numbers = {label: number for number, label in enumerate(labels)}
    pairs = [(0, 0) if x == OUTSIDE else (numbers["B-" + tag_type(x)], numbers["I-" + tag_type(x)]) for x in labels]
    begin, inside = np.array(pairs).T[:, tags]  # B- and I- of each token's type, (tokens,); 0 for O
    sentence = np.repeat(np.arange(len(lengths)), lengths)  # (tokens,)
    first = np.cumsum(lengths) - lengths  # (sentences,)
    previous = np.roll(begin, 1)
    previous[first] = 0
    starts = (tags > 0) & ((tags == begin) | (previous != begin))
    (tokens,) = starts.nonzero()  # (spans,)
    # The tokens of an entity share the number of entities that have begun; O is left out.
    sizes = np.bincount(np.cumsum(starts)[tags > 0], minlength=len(tokens) + 1)[1:]
    start = tokens - first[sentence[tokens]]
    return Spans(sentence[tokens], start, start + sizes, begin[tokens], inside[tokens])
