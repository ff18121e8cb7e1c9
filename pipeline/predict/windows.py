"""Long sentences in windows that overlap, so that no entity of up to `CONTEXT` tokens is cut at a border."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pipeline.light.network import Entity

LONGEST = 200
"""The most tokens of a window. The language model was trained on fragments of at most as many words."""
CONTEXT = 25
"""Tokens that are read on both sides of a window's own tokens, as context."""


class Window(NamedTuple):
    """A part of a sentence, as numbers of its tokens; the last number is not included."""

    start: int
    stop: int
    own_start: int
    own_stop: int
    """Every token belongs to exactly one window; what is found there is taken from it."""


def cut_windows(length: int) -> Iterator[Window]:
    """Yield the windows of a sentence of some tokens; there is one, perhaps empty, unless it is long."""
    start, own_start = 0, 0
    while start + LONGEST < length:
        stop = start + LONGEST
        yield Window(start, stop, own_start, stop - CONTEXT)
        start, own_start = stop - 2 * CONTEXT, stop - CONTEXT
    yield Window(start, length, own_start, length)


def join(found: Iterable[tuple[Window, list[Entity]]]) -> Iterator[Entity]:
    """Yield the entities of a sentence from those of its windows, in order; of two that overlap the first stays."""
    end = 0
    for window, entities in found:
        for start, stop, type_, confidence in entities:
            start, stop = window.start + start, window.start + stop
            if start < window.own_stop and stop > window.own_start and start >= end:
                yield start, stop, type_, confidence
                end = stop
