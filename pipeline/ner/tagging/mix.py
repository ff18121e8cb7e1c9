"""ELMo's mix of layers (Peters et al. 2018, equation 1)."""

import torch
from torch import Tensor, nn


class ScalarMix(nn.Module):
    """`gamma * sum_j softmax(s)_j h_j` over the layers h_j of a language model; s and gamma are learned by the tagger.

    It begins as their mean. Without the layer normalisation that Peters et al. call helpful in some cases.
    """

    def __init__(self, layers: int) -> None:
        super().__init__()
        self.scores = nn.Parameter(torch.zeros(layers))
        self.gamma = nn.Parameter(torch.ones(()))

    def forward(self, layers: Tensor) -> Tensor:
        """(tokens, layers * width), layer after layer, to (tokens, width)."""
        weights = self.gamma * self.scores.softmax(0)
        return torch.einsum("l,tlw->tw", weights, layers.unflatten(1, (len(weights), -1)))
