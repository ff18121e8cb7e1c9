"""Length-bucketed batches of texts for both directions of a language model."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from pipeline.files.ids import Ids, IdSequences
from pipeline.files.vocabulary import BEGIN, END, UNKNOWN

_POOL = 256
"""Texts of so many batches are sorted by length together: little padding, yet a fresh mix every epoch."""

Indices = npt.NDArray[np.int64]


class Batch(NamedTuple):
    """Texts side by side, each direction in its own reading order, padding always at the end."""

    inputs: Tensor
    """Ids read, int64 (2, length, batch): a boundary, then every token but the last in reading order."""
    targets: Tensor
    """Ids to predict, int64 (predictions,), in rising order: a run of rows for each cluster of the softmax."""
    positions: Tensor
    """Where they are predicted, as indices of the flattened `inputs`, int64 (predictions,)."""

    def to(self, device: torch.device) -> "Batch":
        """The same batch on a device; only the targets stay, in which the softmax first finds its clusters."""
        return self._replace(inputs=self.inputs.to(device), positions=self.positions.to(device))


def plan_batches(lengths: Indices, batch_tokens: int, generator: np.random.Generator) -> list[Indices]:
    """Every text once, in batches of at most `batch_tokens` positions (or one longer text), in random order.

    `lengths` is int64 of shape (texts,). Texts of similar length share a batch, so that few positions are padding.
    """
    order = generator.permutation(len(lengths))
    pool = max(1, int(_POOL * batch_tokens / max(lengths.mean(), 1)))
    pools = [order[start : start + pool] for start in range(0, len(order), pool)]
    batches = [batch for texts in pools for batch in bucket(texts, lengths, batch_tokens)]
    return [batches[i] for i in generator.permutation(len(batches))]


def bucket(texts: Indices, lengths: Indices, positions: int) -> list[Indices]:
    """Texts of similar length together, the shortest first: a batch has at most `positions`, padded, or one text."""
    texts = texts[np.argsort(lengths[texts], kind="stable")]
    batches, start = [], 0
    for stop in range(1, len(texts) + 1):
        # The texts are sorted, so the next one is the longest and sets the length of the batch.
        if stop == len(texts) or lengths[texts[stop]] * (stop + 1 - start) > positions:
            batches.append(texts[start:stop])
            start = stop
    return batches


def make_batch(sequences: IdSequences, texts: Indices, predicted: int) -> Batch:
    """Gather texts; target ids from `predicted` up are beyond the softmax and become `<UNK>`."""
    read = align([sequences[int(text)] for text in texts])  # (2, longest + 1, batch)
    lengths = torch.from_numpy(sequences.lengths[texts])  # (batch,)
    mask = torch.arange(read.shape[1] - 1)[:, None] < lengths  # (longest, batch)
    positions = mask.expand(2, -1, -1).flatten().nonzero().squeeze(1)  # (predictions,), below 2 * longest * batch
    ids = read[:, 1:].flatten()[positions]
    ids, order = torch.where(ids < predicted, ids, UNKNOWN).sort(stable=True)
    return Batch(read[:, :-1], ids, positions[order])


def align(rows: list[Ids]) -> Tensor:
    """Texts as both directions read them, a boundary before each: int64 (2, longest + 1, batch).

    Direction 0 reads `<S>` and the text, direction 1 reads `</S>` and the text reversed within its own length.
    """
    longest = max(len(row) for row in rows)
    read = np.full((2, longest + 1, len(rows)), UNKNOWN, dtype=np.int64)
    read[0, 0], read[1, 0] = BEGIN, END
    for column, row in enumerate(rows):
        read[0, 1 : 1 + len(row), column] = row
        read[1, 1 : 1 + len(row), column] = row[::-1]
    return torch.from_numpy(read)
