"""HGRN2 (Qin et al. 2024, "HGRN2: Gated Linear RNNs with State Expansion", section 3): a state that is a matrix.

    f_t = b + (1 - b) * sigmoid(W_f x_t)    q_t = silu(W_q x_t)    v_t = silu(W_v x_t)
    S_t = diag(f_t) S_{t-1} + (1 - f_t) v_t^T    o_t = S_t^T q_t
    y_t = W_o RMSNorm(o_t)

S is a square for each head, and * the elementwise product. The bound b of the forget gate is learned. In the paper the
bounds rise from layer to layer; a layer here does not know its place, and begins with b = 1/2.

No gate sees the state. So within a stretch of CHUNK tokens o is computed as attention is, without a loop: token t sees
s with weight sum_k q_tk (1 - f_sk) exp(F_tk - F_sk), where F is the sum of log f from the middle of the stretch on.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import pad, silu

CHUNK = 16
LEAST = 5e-5
"""The least f: exp(F) stays finite in float32."""


class Layer(nn.Module):
    """One layer of one direction; parameters 3 d_in a + a d + 2 a.

    a, the width of all heads, is d where `heads` divides d, else rounded up.
    """

    def __init__(self, input_size: int, hidden: int, *, heads: int) -> None:
        super().__init__()
        self.heads = heads
        width = heads * math.ceil(hidden / heads)
        self.enter = nn.Linear(input_size, 3 * width, bias=False)  # W_f, W_q and W_v
        self.bound = nn.Parameter(torch.zeros(width))  # its sigmoid is b
        self.norm = nn.RMSNorm(width)
        self.leave = nn.Linear(width, hidden, bias=False)

    def forward(self, inputs: Tensor) -> Tensor:
        """(length, batch, input_size) to (length, batch, hidden), from a zero state."""
        forget, query, value = self.enter(inputs).chunk(3, -1)  # (length, batch, width) each
        bound = self.bound.sigmoid()
        f = bound + (1 - bound) * forget.sigmoid()
        with torch.autocast(inputs.device.type, enabled=False):  # sums over time are not for bfloat16
            heads = [self._split(x.to(f.dtype)) for x in (f.clamp_min(LEAST).log(), 1 - f, silu(query), silu(value))]
            seen = look_back(*heads).flatten(2, 3)[:, :, : len(inputs)]  # (batch, heads, length, width of a head)
        return self.leave(self.norm(seen.permute(2, 0, 1, 3).flatten(2)))

    def _split(self, x: Tensor) -> Tensor:
        """(length, batch, width) to (batch, heads, stretches, CHUNK, width of a head), with 0 after the end."""
        x = pad(x, (0, 0, 0, 0, 0, -len(x) % CHUNK)).unflatten(2, (self.heads, -1)).unflatten(0, (-1, CHUNK))
        return x.permute(2, 3, 0, 1, 4)


def look_back(forget: Tensor, key: Tensor, query: Tensor, value: Tensor) -> Tensor:
    """log f, 1 - f, q and v, (batch, heads, stretches, CHUNK, width) each, to o of that shape."""
    kept = forget.cumsum(-2)  # log of what is left of the state before the stretch
    centred = kept - kept[..., CHUNK // 2 - 1 : CHUNK // 2, :]  # F
    weights = (query * centred.exp()) @ (key * (-centred).exp()).transpose(-1, -2)
    within = weights.tril() @ value  # above the diagonal, weights may be infinite
    from_state, last = query * kept.exp(), kept[..., -1:, :]
    added = (key * (last - kept).exp()).transpose(-1, -2) @ value  # (batch, heads, stretches, width, width)
    state, seen = torch.zeros_like(added[:, :, 0]), []
    for stretch in range(key.shape[2]):
        seen.append(within[:, :, stretch] + from_state[:, :, stretch] @ state)
        state = last[:, :, stretch].exp().transpose(-1, -2) * state + added[:, :, stretch]
    return torch.stack(seen, 2)
