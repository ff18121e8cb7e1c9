"""Minimal gated recurrent unit (Feng et al. 2024, "Were RNNs all we needed?", section 3.1).

    z_t = sigmoid(W_z x_t + b_z)
    h_t = (1 - z_t) * h_{t-1} + z_t * (W_h x_t + b_h)

Neither gate nor candidate sees the state, so all products are done at once. The rest is the recurrence of an SRU
without coefficients of the state, with an open reset gate and no highway; it is computed there, on either device.
"""

import math

from torch import Tensor, nn

from pipeline.lm.rnn.sru.recurrence import recur


class Layer(nn.Module):
    """One layer of one direction; parameters 2 (d_in d + d)."""

    def __init__(self, input_size: int, hidden: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.candidate = nn.Linear(input_size, hidden)
        self.forget = nn.Linear(input_size, hidden)  # -W_z and -b_z: 1 - sigmoid(z) = sigmoid(-z)

    def forward(self, inputs: Tensor) -> Tensor:
        """(length, batch, input_size) to (length, batch, hidden), from a zero state."""
        candidate, forget = self.candidate(inputs), self.forget(inputs)  # (length, batch, hidden) each
        opened = forget.new_full((1, 1, 1), math.inf).expand_as(forget)
        return recur(candidate, forget, opened, None, self.forget.weight.new_zeros(2, self.hidden))
