"""`pipeline.lm.encoders.known`: published vectors of frequent words, and for all others what an encoder has learned."""

from collections.abc import Callable

from pipeline.light.encoders.chars import CharIds
from pipeline.light.encoders.words import WordVectors
from pipeline.light.weights import Floats


class KnownWords:
    """Character ids of tokens to the vectors of known words, and to those of an encoder for all others."""

    def __init__(self, known: WordVectors, others: Callable[[CharIds], Floats]) -> None:
        self.width = known.width
        self._known, self._others = known, others

    def __call__(self, chars: CharIds) -> Floats:
        """Character ids (tokens, characters) to float32 (tokens, width)."""
        rows = self._known.rows(chars)  # (tokens,)
        vectors, unknown = self._known.look_up(rows), rows == self._known.words
        vectors[unknown] = self._others(chars[unknown])
        return vectors
