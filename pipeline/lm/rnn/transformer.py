"""Causal Transformer (Vaswani et al. 2017), normalised before each part (Xiong et al. 2020), rotary positions.

    y = x + W_o softmax(R(Q) R(K)^T / sqrt(width)) V    with Q, K, V = W_q LN(x), W_k LN(x), W_v LN(x)
    z = y + W_2 gelu(W_1 LN(y) + b_1) + b_2

R turns each pair of channels of a head by an angle in proportion to the position (Su et al. 2021): what two positions
say to each other depends on how far apart they are, and there is no greatest length. A text begins at position 0, and
its padding comes after it, so the causal mask hides the padding too.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

BASE = 10_000.0
"""The base of the geometric sequence of angles (Su et al. 2021, section 3.2.2)."""


class Attention(nn.Module):
    """A position attends to itself and those before it, in `heads` heads of an even width."""

    def __init__(self, hidden: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        width = heads * 2 * math.ceil(hidden / (2 * heads))
        self.norm = nn.LayerNorm(hidden)
        self.query_key_value = nn.Linear(hidden, 3 * width, bias=False)
        self.output = nn.Linear(width, hidden, bias=False)

    def forward(self, inputs: Tensor) -> Tensor:
        """(length, batch, hidden) to the same shape."""
        products = self.query_key_value(self.norm(inputs))  # (length, batch, 3 width)
        products = products.unflatten(-1, (3, self.heads, -1))  # (length, batch, 3, heads, width / heads)
        query, key, value = products.permute(2, 1, 3, 0, 4)  # (batch, heads, length, width / heads) each
        mixed = scaled_dot_product_attention(rotate(query), rotate(key), value, is_causal=True)
        return self.output(mixed.permute(2, 0, 1, 3).flatten(2))  # (length, batch, width) to (length, batch, hidden)


def rotate(heads: Tensor) -> Tensor:
    """Turn channels i and i + width / 2 of position t, in (..., length, width), by t / BASE^(2 i / width)."""
    length, width = heads.shape[-2:]
    wide = torch.promote_types(heads.dtype, torch.float32)  # bfloat16 knows no position beyond 256
    steps = torch.arange(max(length, width // 2), dtype=wide, device=heads.device)
    angles = steps[:length, None] * BASE ** (-2 / width * steps[: width // 2])  # (length, width / 2)
    cosine, sine = angles.cos(), angles.sin()
    left, right = heads.chunk(2, -1)  # (..., length, width / 2) each
    return torch.cat([left * cosine - right * sine, left * sine + right * cosine], -1).to(heads.dtype)


class Layer(nn.Module):
    """One layer of one direction; parameters 4 d a + 2 e d^2 + (e + 5) d, and d_in d more where d_in is not d.

    e is `expansion`, the width of the feed-forward part over d. a, the width of all heads, is d where 2 `heads` divides
    d, else rounded up.
    """

    def __init__(self, input_size: int, hidden: int, *, heads: int, expansion: int) -> None:
        super().__init__()
        self.entrance = nn.Identity() if input_size == hidden else nn.Linear(input_size, hidden, bias=False)
        self.attention = Attention(hidden, heads)
        inner = expansion * hidden
        self.feedforward = nn.Sequential(
            nn.LayerNorm(hidden), nn.Linear(hidden, inner), nn.GELU(), nn.Linear(inner, hidden)
        )

    def forward(self, inputs: Tensor) -> Tensor:
        """(length, batch, input_size) to (length, batch, hidden)."""
        stream = self.entrance(inputs)
        stream = stream + self.attention(stream)
        return stream + self.feedforward(stream)
