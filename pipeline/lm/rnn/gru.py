"""Gated recurrent unit (Cho et al. 2014), with torch's parameters and values, and on a CPU with a gradient of its own.

    r_t = sigmoid(W_r x_t + U_r h_{t-1})
    z_t = sigmoid(W_z x_t + U_z h_{t-1})
    n_t = tanh(W_n x_t + r_t * U_n h_{t-1})
    h_t = (1 - z_t) * n_t + z_t * h_{t-1}

Every product has a bias, W x as well as U h; * is the elementwise product, and h_0 is 0. Torch is fast on a GPU, and
not on a CPU. There, what does not depend on the state is done once for all steps: the products with x and, backward,
the local derivatives and the gradients of the matrices. Backward through time, with g the gradient of h_t, and R, Z, N
those of what sigmoid and tanh are taken of:

    N_t = g_t * (1 - z_t) * (1 - n_t^2)
    Z_t = g_t * (h_{t-1} - n_t) * z_t * (1 - z_t)
    R_t = N_t * U_n h_{t-1} * r_t * (1 - r_t)
    g_{t-1} = g_t * z_t + R_t U_r + Z_t U_z + (N_t * r_t) U_n + the gradient from above
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.functional import linear


class Layer(nn.Module):
    """One layer of one direction; parameters 3 (d_in d + d d + 2 d)."""

    def __init__(self, input_size: int, hidden: int) -> None:
        super().__init__()
        self.rnn = nn.GRU(input_size, hidden)

    def forward(self, inputs: Tensor) -> Tensor:
        """(length, batch, input_size) to (length, batch, hidden), from a zero state."""
        if inputs.is_cuda:
            return self.rnn(inputs)[0]
        weight, recurrent, bias, recurrent_bias = self.rnn.parameters()
        gates = linear(inputs, weight, bias).to(recurrent.dtype)  # (length, batch, 3 * hidden)
        states: Tensor = Recurrence.apply(gates, recurrent, recurrent_bias)
        return states


class Recurrence(torch.autograd.Function):
    """W x with its bias (length, batch, 3 * hidden), U (3 * hidden, hidden) and its bias to h; in the order r, z, n."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        length, batch, width = inputs.shape
        hidden = width // 3
        of_gates, of_n = inputs.split((2 * hidden, hidden), 2)
        added = torch.cat([of_gates + bias[: 2 * hidden], bias[2 * hidden :].expand_as(of_n)], 2)
        sums = torch.empty_like(added)  # r, z, and U_n h_{t-1} with its bias
        n, h = inputs.new_empty(length, batch, hidden), inputs.new_zeros(length + 1, batch, hidden)  # h from h_0 on
        gates, recurrent = sums.split((2 * hidden, hidden), 2)
        r, z = gates.chunk(2, 2)
        steps = [x.unbind() for x in (added, sums, gates, r, z, recurrent, of_n, n, h[:-1], h[1:])]
        across = weight.T
        for add, total, both, reset, update, product, given, new, before, after in zip(*steps, strict=True):
            torch.addmm(add, before, across, out=total)
            both.sigmoid_()
            torch.addcmul(given, reset, product, out=new).tanh_()
            torch.lerp(new, before, update, out=after)
        ctx.save_for_backward(weight, sums, n, h)
        return h[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, outer: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        weight, sums, n, h = ctx.saved_tensors
        r, z, recurrent = sums.chunk(3, 2)  # (length, batch, hidden) each
        of_n = (1 - z) * (1 - n.square())
        factors = torch.stack([of_n * recurrent * r * (1 - r), (h[:-1] - n) * z * (1 - z), of_n * r], 2)
        inner = torch.empty_like(factors)  # R, Z, N * r: what reaches U h; (length, batch, 3, hidden)
        g = outer.clone()  # of each h_t, once those after it have added to it
        steps = [x.unbind() for x in (g, g.unsqueeze(2), factors, inner, inner.flatten(2), z)]
        below: Sequence[Tensor | None] = [None, *steps[0][:-1]]
        for before, now, wide, factor, reached, rows, update in reversed([*zip(below, *steps, strict=True)]):
            torch.mul(wide, factor, out=reached)
            if before is not None:
                before.addcmul_(now, update).addmm_(rows, weight)
        rows = inner.flatten(2).flatten(0, 1)  # (length * batch, 3 * hidden)
        of_inputs = torch.cat([inner[:, :, :2].flatten(2), g * of_n], 2)
        return of_inputs, rows.T @ h[:-1].flatten(0, 1), rows.sum(0)
