"""Batches of sentence numbers. Sentences of like length go together: little padding in the CRF, long packed steps."""

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int64]

WINDOW = 50
"""Batches' worth of shuffled sentences that are sorted by length together: more means less padding and less chance."""


def training_batches(lengths: Indices, size: int, random: np.random.Generator) -> list[Indices]:
    """Every sentence once, `size` a batch, in an order that depends on `random` alone; lengths (sentences,)."""
    order = random.permutation(len(lengths))
    heaps = np.split(order, range(size * WINDOW, len(order), size * WINDOW))
    batches = [batch for heap in heaps for batch in _by_length(lengths, heap, size)]
    return [batches[index] for index in random.permutation(len(batches))]


def inference_batches(lengths: Indices, size: int) -> list[Indices]:
    """Every sentence once, `size` a batch, from the longest to the shortest: too little memory shows at once."""
    return _by_length(lengths, np.arange(len(lengths)), size)


def _by_length(lengths: Indices, indices: Indices, size: int) -> list[Indices]:
    ordered = indices[np.argsort(-lengths[indices], kind="stable")]
    return np.split(ordered, range(size, len(ordered), size)) if len(ordered) else []
