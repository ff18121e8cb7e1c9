"""The linear-chain CRF over BIO labels, `pipeline.ner.tagging.crf`: the most probable tags."""

import numpy as np

from pipeline.light.packed import Packed
from pipeline.light.weights import Floats, Integers, Weights
from pipeline.ner.data.bio import OUTSIDE, begins

FORBIDDEN = -1e4
"""Score of an illegal move."""


class Crf:
    """Scores of the first label, of a label after another, and of the last label, in nats."""

    def __init__(self, weights: Weights, labels: list[str]) -> None:
        number = len(labels)
        self.start = weights.array("crf.start_transitions", number)
        self.moves = weights.array("crf.transitions", number, number)  # (before, after)
        self.end = weights.array("crf.end_transitions", number)
        for row, before in zip([self.start, *self.moves], [OUTSIDE, *labels], strict=True):
            row[[x.startswith("I-") and begins(before, x) for x in labels]] = FORBIDDEN

    def best(self, emissions: Floats, places: Packed) -> Integers:
        """Return the most probable tags (Viterbi), int64 (tokens,); emissions are (tokens, labels)."""
        scores, moves = np.ascontiguousarray(emissions.T), self.moves[:, :, None]  # (labels, tokens)
        before = scores[:, slice(*places.steps[0])]
        before += self.start[:, None]
        for start, stop in places.steps[1:]:
            reached = before[:, None, : stop - start] + moves  # (before, after, alive)
            before = scores[:, start:stop]
            before += reached.max(0)
        # Where a label came from is asked only for the labels on the way back.
        best = (scores[:, places.last] + self.end[:, None]).argmax(0)  # (sentences,), of their last tokens
        tags = np.empty(len(emissions), np.int64)
        after = 0  # sentences that go on
        for start, stop in reversed(places.steps):
            came = scores[:, start : start + after] + self.moves[:, best[:after]]  # (labels, after)
            best[:after] = came.argmax(0)
            after = stop - start
            tags[start:stop] = best[:after]
        return tags
