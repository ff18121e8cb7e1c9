"""The bidirectional language model (Peters et al. 2018; paper, step 2)."""

from typing import cast

import torch
from torch import Tensor, nn

from pipeline.lm.settings import ArchSettings, LmSettings
from pipeline.lm.stack import Stack
from pipeline.lm.training.softmax import AdaptiveSoftmax


class BiLM(nn.Module):
    """Two recurrent stacks, one a direction, that never meet; one linear projection for both; an adaptive softmax.

    The backward direction reads the text from its end. Both directions are thus the same left-to-right computation on
    texts that begin at position 0, and the padding after a text can never touch it.
    """

    def __init__(self, arch: ArchSettings, settings: LmSettings, width: int, vocabulary_size: int) -> None:
        """Input and projection have this `width` (paper: 512); `vocabulary_size` types are predicted."""
        super().__init__()
        dropout = settings.training.dropout
        self.depth, self.hidden, self.state_width = arch.layers, settings.hidden, settings.hidden
        self.directions = nn.ModuleList(Stack(arch, width, settings.hidden, dropout) for _ in range(2))
        self.project = nn.Linear(settings.hidden, width)
        self.dropout = nn.Dropout(dropout)
        cutoffs = [cutoff for cutoff in settings.training.cutoffs if cutoff < vocabulary_size]
        self.softmax = AdaptiveSoftmax(width, vocabulary_size, cutoffs or [vocabulary_size - 1])

    def forward(self, vectors: Tensor) -> Tensor:
        """Input vectors (2, length, batch, width), forward then backward, to outputs of the same shape."""
        return self.project(self.states(vectors))

    def states(self, vectors: Tensor) -> Tensor:
        """Map input vectors (2, length, batch, width) to the top layer's states, (2, length, batch, hidden)."""
        vectors = self.dropout(vectors)
        return torch.stack([direction(v) for direction, v in zip(self.directions, vectors, strict=True)])

    def layers(self, vectors: Tensor) -> Tensor:
        """Input vectors (2, length, batch, width) to every layer's output, (layers, 2, length, batch, width).

        Every layer passes through the shared projection, as only the top layer does in training. So all have the same
        width, and the last equals the output of `forward`.
        """
        stacks = (cast(Stack, direction) for direction in self.directions)
        forward, backward = (s.outputs(v)[1:] for s, v in zip(stacks, self.dropout(vectors), strict=True))
        # For each layer, (2, length, batch, hidden) to (2, length, batch, width).
        return torch.stack([self.project(torch.stack(pair)) for pair in zip(forward, backward, strict=True)])

    def loss(self, vectors: Tensor, targets: Tensor, positions: Tensor) -> Tensor:
        """Sum of the negative log-likelihoods of both directions, in nats; targets and positions as in `Batch`.

        It is the loss of a full softmax over the whole vocabulary, comparable between architectures and batch sizes.
        """
        outputs = self(vectors).flatten(0, 2).index_select(0, positions)  # (predictions, width)
        return self.softmax.loss(self.dropout(outputs), targets)

    def recurrent_parameters(self) -> int:
        """Parameters of the block under comparison: both stacks and the shared projection (paper, Table 2)."""
        return sum(p.numel() for part in (self.directions, self.project) for p in part.parameters())
