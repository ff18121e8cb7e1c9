"""Long short-term memory (Hochreiter and Schmidhuber 1997), torch's."""

from torch import Tensor, nn


class Layer(nn.Module):
    """One layer of one direction; parameters 4 (d_in d + d d + 2 d)."""

    def __init__(self, input_size: int, hidden: int) -> None:
        super().__init__()
        self.rnn = nn.LSTM(input_size, hidden)

    def forward(self, inputs: Tensor) -> Tensor:
        """(length, batch, input_size) to (length, batch, hidden), from a zero state."""
        return self.rnn(inputs)[0]
