"""A batch of sentences without padding: all first tokens, then all second ones, and so on.

    a1 a2 a3
    b1 b2        ->  a1 b1 c1  a2 b2  a3
    c1

The longest sentence comes first, so the sentences that have a token at a time are the first ones of those that had one
before: what a recurrent layer needs at each time is a slice. Torch's `PackedSequence` has the same order.
"""

from functools import cached_property
from itertools import pairwise

import numpy as np

from pipeline.light.weights import Floats, Integers


class Packed:
    """The places of the tokens of a batch in its arrays, whose axis of tokens has a row for each."""

    def __init__(self, lengths: Integers) -> None:
        """Lengths are int64 (sentences,), none of them 0 and none shorter than the next."""
        self.lengths = lengths
        times = np.arange(lengths[0])  # (longest,)
        sizes = len(lengths) - np.searchsorted(lengths[::-1], times, "right")  # sentences with a token at each time
        stops = np.cumsum(sizes)
        self._starts = stops - sizes
        self.steps: list[tuple[int, int]] = list(zip(self._starts.tolist(), stops.tolist(), strict=True))
        """The first row of each time, and the row after its last."""
        self.time = np.repeat(times, sizes)  # (tokens,)
        self.sentence = np.arange(stops[-1]) - self._starts[self.time]  # (tokens,)

    def rows(self, sentence: Integers, time: Integers) -> Integers:
        """Return the rows of tokens, of shape (any,), by their sentences and their indices in these."""
        return self._starts[time] + sentence

    @cached_property
    def order(self) -> Integers:
        """Where each row's token is if one sentence comes after another, (tokens,)."""
        first = np.cumsum(self.lengths) - self.lengths  # (sentences,)
        return first[self.sentence] + self.time

    @cached_property
    def mirror(self) -> Integers:
        """The row of the token that is as far from its sentence's end as each row's token is from the beginning.

        It turns the forward direction's order into the backward one's, and back; (tokens,).
        """
        return self.rows(self.sentence, self.lengths[self.sentence] - 1 - self.time)

    @cached_property
    def last(self) -> Integers:
        """The rows of the sentences' last tokens, (sentences,)."""
        return self.rows(np.arange(len(self.lengths)), self.lengths - 1)

    def delay(self, values: Floats) -> Floats:
        """Return for each token the values (2, tokens, width) of the one before it; 0 for a sentence's first."""
        delayed = np.zeros_like(values)
        for (first, _), (start, stop) in pairwise(self.steps):
            delayed[:, start:stop] = values[:, first : first + stop - start]
        return delayed

    def pad(self, values: Floats, length: int) -> Floats:
        """Pad values (2, tokens, width) with 0 to (2, sentences, length, width)."""
        padded = np.zeros((2, len(self.lengths), length, values.shape[2]), np.float32)
        padded[:, self.sentence, self.time] = values
        return padded

    def unpad(self, padded: Floats) -> Floats:
        """Return the values (2, tokens, width) of what `pad` made."""
        return padded[:, self.sentence, self.time]


def join_directions(states: Floats, places: Packed) -> Floats:
    """Join states (2, tokens, width), each direction's in its own order, to (tokens, 2 * width) in the batch's."""
    forward, backward = states
    return np.concatenate([forward, backward[places.mirror]], 1)
