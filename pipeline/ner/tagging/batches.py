"""Batches of sentence numbers; sentences of similar length share one: little padding in the CRF, long packed steps."""

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int64]

WINDOW = 50
"""How many batches of shuffled sentences are sorted by length together: more means less padding and less randomness."""


def training_batches(lengths: Indices, size: int, random: np.random.Generator) -> list[Indices]:
    """Return every sentence once, `size` a batch, in an order that depends on `random` alone; lengths (sentences,)."""
    order = random.permutation(len(lengths))
    heaps = np.split(order, range(size * WINDOW, len(order), size * WINDOW))
    batches = [batch for heap in heaps for batch in _by_length(lengths, heap, size)]
    return [batches[index] for index in random.permutation(len(batches))]


def inference_batches(lengths: Indices, size: int) -> list[Indices]:
    """Return every sentence once, `size` a batch, the longest first: too little memory then shows at once."""
    return _by_length(lengths, np.arange(len(lengths)), size)


def _by_length(lengths: Indices, indices: Indices, size: int) -> list[Indices]:
    ordered = indices[np.argsort(-lengths[indices], kind="stable")]
    return np.split(ordered, range(size, len(ordered), size)) if len(ordered) else []
