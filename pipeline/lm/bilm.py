"""The bidirectional language model (Peters et al. 2018; paper, step 2)."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from pipeline.lm.settings import ArchSettings, LmSettings
from pipeline.lm.stack import Stack


class Losses(NamedTuple):
    """Negative log-likelihood in nats, summed over both directions, and the number of predictions it sums."""

    total: Tensor
    predictions: int


class BiLM(nn.Module):
    """A recurrent stack a direction, never mixed, a shared linear projection, and an adaptive softmax.

    The backward direction reads the text from its end: both directions are the same left-to-right computation on texts
    that begin at position 0, so padding behind a text can never touch it.
    """

    def __init__(self, arch: ArchSettings, settings: LmSettings, width: int, vocabulary_size: int) -> None:
        """`width` of the input vectors and of the projection (paper: 512); `vocabulary_size` types are predicted."""
        super().__init__()
        dropout = settings.training.dropout
        self.directions = nn.ModuleList(Stack(arch, width, settings.hidden, dropout) for _ in range(2))
        self.project = nn.Linear(settings.hidden, width)
        self.dropout = nn.Dropout(dropout)
        cutoffs = [cutoff for cutoff in settings.training.cutoffs if cutoff < vocabulary_size]
        self.softmax = nn.AdaptiveLogSoftmaxWithLoss(width, vocabulary_size, cutoffs or [vocabulary_size - 1])

    def forward(self, vectors: Tensor) -> Tensor:
        """Input vectors (2, length, batch, width), forward then backward, to outputs of the same shape."""
        vectors = self.dropout(vectors)
        tops = [direction(v) for direction, v in zip(self.directions, vectors, strict=True)]
        return self.project(torch.stack(tops))

    def losses(self, vectors: Tensor, targets: Tensor, mask: Tensor) -> Losses:
        """The loss of predicting `targets` (2, length, batch) where `mask` (length, batch) is on.

        An adaptive softmax is an exact distribution over the whole vocabulary (Grave et al. 2017, equation 9): the
        likelihood is that of a full softmax, comparable between architectures and batch sizes.
        """
        outputs = self.dropout(self(vectors))[:, mask].flatten(0, 1)  # (2 tokens, width)
        # In float32 whatever autocast does above: likelihoods are summed, and the softmax scatters float32 ones.
        with torch.autocast(outputs.device.type, enabled=False):
            log_likelihood = self.softmax(outputs.float(), targets[:, mask].flatten()).output
        return Losses(-log_likelihood.sum(), log_likelihood.numel())

    def recurrent_parameters(self) -> int:
        """Parameters of the block under comparison: both stacks and the shared projection (paper, Table 2)."""
        return sum(p.numel() for part in (self.directions, self.project) for p in part.parameters())
