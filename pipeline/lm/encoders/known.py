"""Static vectors for the words that have them, and for all others what an encoder has learned from these vectors.

The published vector of a frequent word says more than its spelling can; a rare word, or a misspelt one, has only that.
Both halves are of one scale: the encoder has learned the very numbers that the table holds.
"""

import torch
from torch import Tensor

from pipeline.lm.encoders.encoder import CharEncoder
from pipeline.lm.encoders.words import WordVectors
from pipeline.lm.settings import KnownShape, WordShape


class KnownWords(CharEncoder):
    """Character ids of tokens to the vectors of known words, and to those of an encoder for all others."""

    shape: KnownShape

    def __init__(self, shape: KnownShape, others: CharEncoder) -> None:
        super().__init__()
        self.shape, self.others = shape, others
        words = WordShape(encoder="vectors", words=shape.words, projection=shape.projection, reading=shape.reading)
        self.known = WordVectors(words)

    def forward(self, chars: Tensor) -> Tensor:
        """Map character ids, int (tokens, 50) and on the CPU, to float32 (tokens, projection)."""
        return self._choose(chars, self.others(chars))

    def whole(self, chars: Tensor) -> Tensor:
        """As `CharEncoder.whole`."""
        return self._choose(chars, self.others.whole(chars))

    def quick(self, chars: Tensor) -> Tensor:
        """As `CharEncoder.quick`."""
        return self._choose(chars, self.others.quick(chars))

    def rescale(self, mean: Tensor, deviation: Tensor) -> None:
        """Rescale both halves alike."""
        self.known.rescale(mean, deviation)
        self.others.rescale(mean, deviation)

    def _choose(self, chars: Tensor, learned: Tensor) -> Tensor:
        """Take the published vector of each known word, and of all others the learned one, (tokens, projection)."""
        rows = self.known.rows(chars)  # (tokens,)
        known = (rows < self.shape.words).to(learned.device)
        return torch.where(known[:, None], self.known.look_up(rows), learned)
