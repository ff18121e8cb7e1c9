"""Griffin's recurrent block (De et al. 2024, sections 2.3 and 2.4), with its RG-LRU, which the input alone gates.

    u = conv(W_u x)    r_t = sigmoid(W_r u_t + b_r)    i_t = sigmoid(W_i u_t + b_i)
    log a_t = -8 softplus(Lambda) r_t
    h_t = a_t * h_{t-1} + sqrt(1 - a_t^2) * (i_t * u_t)
    y_t = W_o (gelu(W_g x_t) * h_t)

The convolution sees a token and the three before it, each channel for itself. With U_t = i_t * u_t * sqrt((1 + a_t) /
(1 - a_t)) this is the recurrence of an SRU without coefficients of the state, with an open reset gate and no highway;
it is computed there, on either device. W_r and W_i are whole; in Griffin they are block-diagonal, to be shared out.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, pad, softplus

from pipeline.lm.rnn.sru.recurrence import recur

TAPS = 4
"""Tokens that the convolution sees."""
SHARPNESS = 8.0
LEAST, MOST = 0.9, 0.999
"""Between these exp(-8 softplus(Lambda)) is drawn: the least that a state keeps in a step."""
FLOOR = 1e-6
"""The least -log a: of a closer to 1, float32 knows too little of 1 - a."""


class Layer(nn.Module):
    """One layer of one direction; parameters 2 d_in d + 3 d^2 + 8 d."""

    def __init__(self, input_size: int, hidden: int) -> None:
        super().__init__()
        self.enter = nn.Linear(input_size, hidden, bias=False)
        self.gate = nn.Linear(input_size, hidden, bias=False)
        self.taps = nn.Parameter(torch.empty(TAPS, hidden).uniform_(-1, 1) / math.sqrt(TAPS))  # the last is now
        self.shift = nn.Parameter(torch.zeros(hidden))
        self.reset_input = nn.Linear(hidden, 2 * hidden)  # r and i
        self.decay = nn.Parameter(torch.empty(hidden).uniform_(LEAST, MOST).log().div(-SHARPNESS).expm1().log())
        self.leave = nn.Linear(hidden, hidden, bias=False)

    def forward(self, inputs: Tensor) -> Tensor:
        """(length, batch, input_size) to (length, batch, hidden), from a zero state."""
        entered = pad(self.enter(inputs), (0, 0, 0, 0, TAPS - 1, 0))  # (length + 3, batch, hidden)
        u = self.shift + sum(tap * entered[k : k + len(inputs)] for k, tap in enumerate(self.taps))
        r, i = self.reset_input(u).sigmoid().chunk(2, -1)  # (length, batch, hidden) each
        kept = (-SHARPNESS * softplus(self.decay) * r).clamp_max(-FLOOR)  # log a
        lost = -torch.expm1(kept)  # 1 - a
        candidate = ((2 - lost) / lost).sqrt() * i * u
        opened = kept.new_full((1, 1, 1), math.inf).expand_as(kept)
        states = recur(candidate, kept - lost.log(), opened, None, kept.new_zeros(2, kept.shape[-1]))
        return self.leave(gelu(self.gate(inputs)) * states)
