"""Batches of sentence numbers; sentences of similar length share one, which leaves little padding."""

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int64]

WINDOW = 50
"""How many batches of shuffled sentences are sorted by length together: more means less padding and less randomness."""
PLACES = 16_384
"""How many tokens a batch for inference has at most, padding included, if it is more than one sentence."""


def training_batches(lengths: Indices, size: int, random: np.random.Generator) -> list[Indices]:
    """Return every sentence once, `size` a batch, in an order that depends on `random` alone; lengths (sentences,)."""
    order = random.permutation(len(lengths))
    heaps = np.split(order, range(size * WINDOW, len(order), size * WINDOW))
    batches = [batch for heap in heaps for batch in _by_length(lengths, heap, size)]
    return [batches[index] for index in random.permutation(len(batches))]


def inference_batches(lengths: Indices, size: int) -> list[Indices]:
    """Return every sentence once, `size` a batch, the longest first: too little memory then shows at once.

    A batch whose longest sentence is very long has fewer, so that short ones are not padded to its length.
    """
    ordered, batches = np.argsort(-lengths, kind="stable"), list[Indices]()
    while len(ordered):
        number = min(size, max(1, PLACES // int(lengths[ordered[0]])))
        batches.append(ordered[:number])
        ordered = ordered[number:]
    return batches


def _by_length(lengths: Indices, indices: Indices, size: int) -> list[Indices]:
    ordered = indices[np.argsort(-lengths[indices], kind="stable")]
    return np.split(ordered, range(size, len(ordered), size)) if len(ordered) else []
