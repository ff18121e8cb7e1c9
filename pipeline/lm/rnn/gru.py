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
        h = inputs.new_zeros(length + 1, batch, hidden)  # from h_0 on
        opened = inputs.new_empty(length, batch, 2 * hidden)  # r and z
        n, recurrent = (inputs.new_empty(length, batch, hidden) for _ in range(2))  # and U_n h_{t-1} with its bias
        across, across_n = weight.T.split((2 * hidden, hidden), 1)
        of_gates, of_n = inputs.split((2 * hidden, hidden), 2)
        of_gates = of_gates + bias[: 2 * hidden]
        for t in range(length):
            torch.addmm(of_gates[t], h[t], across, out=opened[t]).sigmoid_()
            torch.addmm(bias[2 * hidden :], h[t], across_n, out=recurrent[t])
            r, z = opened[t].chunk(2, 1)  # (batch, hidden) each
            torch.addcmul(of_n[t], r, recurrent[t], out=n[t]).tanh_()
            torch.lerp(n[t], h[t], z, out=h[t + 1])
        ctx.save_for_backward(weight, h, opened, n, recurrent)
        return h[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, outer: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        weight, h, opened, n, recurrent = ctx.saved_tensors
        length, batch, hidden = n.shape
        r, z = opened.chunk(2, -1)  # (length, batch, hidden) each
        local_n = (1 - z) * (1 - n.square())
        local_z = (h[:-1] - n) * z * (1 - z)
        local_r = recurrent * r * (1 - r)
        inner = n.new_empty(length, batch, 3 * hidden)  # R, Z, N * r: what reaches U h
        of_n = torch.empty_like(n)  # N
        g = outer[-1].clone()
        for t in reversed(range(length)):
            d_r, d_z, d_n = inner[t].chunk(3, 1)
            torch.mul(g, local_n[t], out=of_n[t])
            torch.mul(g, local_z[t], out=d_z)
            torch.mul(of_n[t], local_r[t], out=d_r)
            torch.mul(of_n[t], r[t], out=d_n)
            if t:
                g = torch.addcmul(outer[t - 1], g, z[t]).addmm_(inner[t], weight)
        rows = inner.flatten(0, 1)  # (length * batch, 3 * hidden)
        of_weight = rows.T @ h[:-1].flatten(0, 1)
        return torch.cat([inner[..., : 2 * hidden], of_n], -1), of_weight, rows.sum(0)
