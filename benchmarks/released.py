"""The pretraining step of the paper's released code, rebuilt from its description: the baseline of ours.

A char-CNN over every position, trained with the rest; texts in random batches of 16, padded to the longest; the `sru`
package's training loop, or torch's LSTM or GRU; padding as one more class of an adaptive softmax with cutoffs at 10,000
and 50,000; Adam with coupled L2 decay, not fused. Those of its faults (docs/differences.md) that cost no time
are left out.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from benchmarks.sru_package import load_sru
from pipeline.files.ids import IdSequences
from pipeline.lm.encoders.charcnn import CharCnn
from pipeline.lm.encoders.chars import CharIds
from pipeline.lm.settings import ArchSettings, CharCnnShape

BATCH, CUTOFFS, CLIP, DECAY, RATE = 16, [10_000, 50_000], 1.5, 0.01, 1e-3


class Step(NamedTuple):
    """A step to time."""

    run: Callable[[], object]
    tokens: int
    """Real tokens of its texts."""
    positions: int
    """Tokens and padding."""
    charcnn: Callable[[], object]
    """The char-CNN's part of `run`, or what takes its place."""


class Released(nn.Module):
    """Two stacks over a char-CNN, a shared projection, an adaptive softmax."""

    def __init__(self, arch: ArchSettings, charcnn: CharCnnShape, hidden: int, types: int, trained: bool) -> None:
        """`trained`: whether gradients reach the char-CNN, as they do in the released code."""
        super().__init__()
        self.charcnn = CharCnn(charcnn).requires_grad_(trained)
        self.trained = trained
        width = charcnn.projection
        self.stacks = nn.ModuleList(_stack(arch, width, hidden) for _ in range(2))
        self.project = nn.Linear(hidden, width)
        cutoffs = [cutoff for cutoff in CUTOFFS if cutoff < types]
        self.softmax = nn.AdaptiveLogSoftmaxWithLoss(width, types, cutoffs)

    def vectors(self, chars: Tensor) -> Tensor:
        """Run the char-CNN on all 50 characters of every position: (length, batch, 50) to (length, batch, width)."""
        module, flat = self.charcnn, chars.flatten(0, 1)
        with torch.set_grad_enabled(self.trained):
            embedded = module.embedding(flat.int()).transpose(1, 2)  # (positions, embedding, 50)
            maxima = torch.cat([convolution(embedded).amax(-1) for convolution in module.convolutions], -1)
            outputs: Tensor = module.projection(module.highways(module.activation(maxima)))
        return outputs.view(*chars.shape[:2], -1)

    def forward(self, chars: Tensor, targets: Tensor) -> Tensor:
        """Return the mean loss over all positions, with padding; targets (2, length, batch)."""
        vectors = self.vectors(chars)
        tops = [stack(way)[0] for stack, way in zip(self.stacks, (vectors, vectors.flip(0)), strict=True)]
        outputs = self.project(torch.stack(tops)).flatten(0, 2)
        loss: Tensor = self.softmax(outputs, targets.flatten()).loss
        return loss


def steps(
    model: Released, texts: IdSequences, chars: CharIds, number: int, seed: int, device: torch.device
) -> list[Step]:
    """Make whole steps from random batches."""
    model.to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE, weight_decay=DECAY)
    table = torch.from_numpy(chars)
    batches = _typical_batches(texts, number, seed)
    return [_step(model, optimizer, [texts[int(i)] for i in batch], table, device) for batch in batches]


def _typical_batches(texts: IdSequences, number: int, seed: int) -> npt.NDArray[np.int64]:
    """Choose from an epoch's random batches those padded most like the whole epoch: numbers of texts, (number, 16).

    A few taken blindly are padded between 35 and 55 %, and the time per token would say more about the draw.
    """
    order = np.random.default_rng(seed).permutation(len(texts))
    batches = order[: len(texts) // BATCH * BATCH].reshape(-1, BATCH)
    lengths = np.array([len(texts[index]) for index in range(len(texts))])[batches]
    positions = BATCH * lengths.max(1)
    filled = lengths.sum() / positions.sum()
    return batches[np.argsort(np.abs(lengths.sum(1) / positions - filled), kind="stable")[:number]]


def _step(
    model: Released, optimizer: torch.optim.Optimizer, rows: list[Any], table: Tensor, device: torch.device
) -> Step:
    longest = max(map(len, rows))
    padding = len(table)  # a class of its own after all types
    ids = np.full((longest, len(rows)), padding, dtype=np.int64)
    for column, row in enumerate(rows):
        ids[: len(row), column] = row
    tokens = torch.from_numpy(ids)
    nothing = torch.full_like(tokens[:1], padding)
    # The next token, and for the second direction the one before.
    targets = torch.stack([torch.cat([tokens[1:], nothing]), torch.cat([nothing, tokens[:-1]]).flip(0)]).to(device)
    characters = table[tokens.clamp(max=padding - 1)].to(device)

    def run() -> None:
        model.train()
        optimizer.zero_grad()
        model(characters, targets).backward()
        nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimizer.step()

    def charcnn() -> None:
        vectors = model.vectors(characters)
        if model.trained:
            vectors.backward(torch.ones_like(vectors))

    return Step(run, sum(map(len, rows)), longest * len(rows), charcnn)


def _stack(arch: ArchSettings, width: int, hidden: int) -> nn.Module:
    if arch.cell == "sru":
        stack: nn.Module = load_sru().SRU(width, hidden, num_layers=arch.layers)
        return stack
    return {"lstm": nn.LSTM, "gru": nn.GRU}[arch.cell](width, hidden, arch.layers)
