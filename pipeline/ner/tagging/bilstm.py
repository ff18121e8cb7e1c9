"""A bidirectional LSTM over sentences of different lengths.

Each direction is an LSTM of its own over padded sentences, which the backward one reads from their end: padding comes
after every token, and none sees it. A bidirectional `nn.LSTM` needs packed sequences for that, and on a CPU torch has
no fast kernel for those.
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding


class BiLstm(nn.Module):
    """Layers that read the states of both directions below; as `nn.LSTM`, bidirectional, from zero states."""

    def __init__(self, width: int, hidden: int, layers: int) -> None:
        super().__init__()
        widths = [width, *[2 * hidden] * (layers - 1)]
        self.layers = nn.ModuleList(nn.ModuleList([nn.LSTM(w, hidden), nn.LSTM(w, hidden)]) for w in widths)

    def forward(self, vectors: Tensor, lengths: Tensor, sentence: Tensor, time: Tensor) -> Tensor:
        """Map vectors (tokens, width) to states (tokens, 2 * hidden), those of the forward direction first.

        The places of the tokens are int64: lengths (sentences,), and (tokens,) each their sentence and time in it.
        """
        size, longest = len(lengths), int(lengths.max())
        times = (time, lengths.to(time.device)[sentence] - 1 - time)  # forward, backward
        for directions in self.layers:
            read = zip(cast(nn.ModuleList, directions), times, strict=True)
            vectors = torch.cat([_run(lstm, vectors, (t, sentence), (longest, size)) for lstm, t in read], 1)
        return vectors


def _run(lstm: nn.Module, vectors: Tensor, place: tuple[Tensor, Tensor], shape: tuple[int, int]) -> Tensor:
    """Map (tokens, width), which stand at these times of these sentences, to (tokens, hidden)."""
    padded = vectors.new_zeros(*shape, vectors.shape[1]).index_put(place, vectors)  # (longest, sentences, width)
    states = lstm(padded)[0].flatten(0, 1)  # (longest * sentences, hidden)
    return embedding(place[0] * shape[1] + place[1], states)  # its gradient is faster than that of []
