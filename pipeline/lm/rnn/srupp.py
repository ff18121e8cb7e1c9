"""SRU++ (Lei 2021): a simple recurrent unit whose matrix products are made by attention.

The product U = W x of an SRU becomes, with a width d' below the layer's and layer normalisation LN (section 3):

    Q = W_q x    K = W_k Q    V = W_v Q
    U = W_o LN(Q + alpha * softmax(Q K^T / sqrt(d')) V)

A position attends to itself and those before it. alpha is 0 at first: the layer starts as an SRU and learns to look
back. Heads are of width d' / heads each. Parameters, values and defaults are those of the `sru` package, 3.0.0.dev6.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from pipeline.lm.rnn.sru.cell import Cell


class Attention(nn.Module):
    """Maps x to U, in place of the cell's matrix."""

    def __init__(self, input_size: int, width: int, heads: int, output_size: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(input_size, width, bias=False)
        self.key_value = nn.Linear(width, 2 * width, bias=False)
        self.alpha = nn.Parameter(torch.empty(1))
        self.norm = nn.LayerNorm(width)
        self.output = nn.Linear(width, output_size, bias=False)

    def reset_parameters(self) -> None:
        """Draw the first values; the cell calls this."""
        for linear in (self.query, self.key_value, self.output):
            nn.init.xavier_uniform_(linear.weight)
        nn.init.zeros_(self.alpha)

    def forward(self, inputs: Tensor) -> Tensor:
        """(length, batch, input_size) to (length, batch, output_size)."""
        query = self.query(inputs)  # (length, batch, width)
        key, value = self.key_value(query).chunk(2, -1)  # (length, batch, width) each
        q, k, v = (x.unflatten(-1, (self.heads, -1)).permute(1, 2, 0, 3) for x in (query, key, value))
        mixed = scaled_dot_product_attention(q, k, v, is_causal=True)  # (batch, heads, length, width / heads)
        mixed = mixed.permute(2, 0, 1, 3).flatten(2)  # (length, batch, width)
        return self.output(self.norm(query + self.alpha * mixed))


class Layer(nn.Module):
    """One layer of one direction; parameters d_in d' + 2 d'^2 + k d' d + 2 d' + 1 + 4 d, with k as in an SRU.

    d' is d / `ratio`, rounded up to a multiple of `heads`.
    """

    def __init__(self, input_size: int, hidden: int, *, heads: int, ratio: int) -> None:
        super().__init__()
        products = 3 if input_size == hidden else 4
        width = heads * math.ceil(hidden / (ratio * heads))
        attention = Attention(input_size, width, heads, products * hidden)
        self.cell = Cell(input_size, hidden, custom_m=attention, highway_bias=-2.0, weight_c_init=1.0)

    def forward(self, inputs: Tensor) -> Tensor:
        """(length, batch, input_size) to (length, batch, hidden), from a zero state."""
        return self.cell(inputs)
