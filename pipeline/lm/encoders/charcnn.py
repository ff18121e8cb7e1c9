"""The char-CNN of ELMo (Peters et al. 2018; Kim et al. 2016), from the characters of a token to one vector."""

from collections.abc import Callable
from functools import cached_property

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding_bag

from pipeline.lm.encoders.chars import CHARACTERS, PAD
from pipeline.lm.encoders.encoder import TYPES_A_GROUP, CharEncoder
from pipeline.lm.settings import CharCnnShape


class Highway(nn.Module):
    """`y = g * relu(W x + b) + (1 - g) * x` with `g = sigmoid(V x + c)` (Srivastava et al. 2015)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.transform = nn.Linear(width, width)
        self.gate = nn.Linear(width, width)
        nn.init.constant_(self.gate.bias, -2.0)  # carry the input at first, as Srivastava et al. advise

    def forward(self, inputs: Tensor) -> Tensor:
        """(..., width) to the same shape."""
        gate = self.gate(inputs).sigmoid()
        return gate * self.transform(inputs).relu() + (1 - gate) * inputs


class CharCnn(CharEncoder):
    """Character ids of tokens to their vectors, trained here or published.

    Convolutions of several widths, the maximum over all 50 - width + 1 positions, the activation, highway layers and
    a linear projection, in ELMo's order. Padding has an embedding of its own and is not masked; but all positions that
    see only padding give the same, so that only one of them is computed.
    """

    def __init__(self, shape: CharCnnShape) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(CHARACTERS, shape.embedding)
        self.convolutions = nn.ModuleList(nn.Conv1d(shape.embedding, number, width) for width, number in shape.filters)
        self.widest = max(width for width, _ in shape.filters)
        filters = sum(number for _, number in shape.filters)
        self.highways = nn.Sequential(*(Highway(filters) for _ in range(shape.highway)))
        self.projection = nn.Linear(filters, shape.projection) if shape.projects else nn.Identity()
        self.activation = {"relu": torch.relu, "tanh": torch.tanh}[shape.activation]

    def forward(self, chars: Tensor) -> Tensor:
        """Character ids, int of shape (tokens, 50), to float32 (tokens, projection)."""
        return self._finish(self._maxima(chars, self._convolve))

    def whole(self, chars: Tensor) -> Tensor:
        """Compute `forward` over all characters of every token: sums over fewer are rounded differently."""
        return self._finish(self._convolve(chars))

    def quick(self, chars: Tensor) -> Tensor:
        """Compute `forward`; on a CPU rows of a table are added instead of products computed, several times as fast."""
        on_cpu = self.embedding.weight.device.type == "cpu"
        return self._finish(self._maxima(chars, self._add_rows if on_cpu else self._convolve))

    def _finish(self, maxima: Tensor) -> Tensor:
        """Apply the layers above the convolutions, (tokens, filters) to (tokens, projection)."""
        return self.projection(self.highways(self.activation(maxima)))

    def _maxima(self, chars: Tensor, convolve: Callable[[Tensor], Tensor]) -> Tensor:
        """The maximum of every filter over all positions, (tokens, filters); tokens are taken by length."""
        used = (chars != PAD).sum(1)  # (tokens,)
        order = used.argsort(stable=True)
        groups = [chars[group, : int(used[group[-1]]) + self.widest] for group in order.split(TYPES_A_GROUP)]
        return torch.cat([convolve(group) for group in groups])[order.argsort()]

    def _convolve(self, chars: Tensor) -> Tensor:
        """The maximum of every filter over the positions given, (tokens, characters) to (tokens, filters)."""
        embedded = self.embedding(chars.to(self.embedding.weight.device).int())  # (tokens, characters, embedding)
        embedded = embedded.transpose(1, 2)  # (tokens, embedding, characters)
        return torch.cat([convolution(embedded).amax(-1) for convolution in self.convolutions], -1)

    @cached_property
    def _rows(self) -> list[tuple[Tensor, Tensor]]:
        """For the filters of each width, their products with each character at each offset, and their biases.

        The shapes are (width, characters, filters) and (filters,). A convolution is a sum of such rows. Those of ELMo's
        2,048 filters take 13 MB.
        """
        embedding = self.embedding.weight  # (characters, embedding)
        filters = (convolution.parameters() for convolution in self.convolutions)
        return [((embedding @ weight.permute(2, 1, 0)).contiguous(), bias) for weight, bias in filters]

    def _add_rows(self, chars: Tensor) -> Tensor:
        """The result of `_convolve`, up to the last digits: (tokens, characters) to (tokens, filters)."""
        maxima = []
        for table, bias in self._rows:
            width, characters, filters = table.shape
            offsets = characters * torch.arange(width, dtype=torch.int32)
            rows = chars.int().unfold(1, width, 1) + offsets  # (tokens, positions, width)
            sums = embedding_bag(rows.reshape(-1, width), table.view(-1, filters), mode="sum")
            maxima.append(sums.view(*rows.shape[:2], filters).amax(1) + bias)  # (tokens, filters)
        return torch.cat(maxima, -1)
