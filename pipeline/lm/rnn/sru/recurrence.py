"""The recurrence of a simple recurrent unit: in plain torch with a gradient derived by hand, and the way to the GPU's.

Lei et al. 2018, equations 3 to 7, as the `sru` package 2.6.0 computes them; * is the elementwise product, x' the
highway's input, and c_0 is 0:

    f_t = sigmoid(F_t + v_f * c_{t-1})
    c_t = f_t * c_{t-1} + (1 - f_t) * U_t
    r_t = sigmoid(R_t + v_r * c_{t-1})
    h_t = x'_t + (c_t - x'_t) * r_t

Only the state and the forget gate run through time, in three fused calls a step on slices that are contiguous; all
else is done once for all steps. Backward, a single number a channel runs through time, in one call a step:

    g_{t-1} = B_{t-1} + A_t * g_t    A_t = f_t * (1 + v_f * (c_{t-1} - c_t)),

where g is the gradient of c, and B the part that reaches c_{t-1} from h_{t-1} and r_t. A follows from
(c_{t-1} - U_t) * (1 - f_t) = c_{t-1} - c_t: neither U nor the gates' inputs need to be kept.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def recur(candidate: Tensor, forget: Tensor, reset: Tensor, highway: Tensor | None, v: Tensor) -> Tensor:
    """U, F, R (with biases) and x', (length, batch, hidden) each, to h of that shape; `v` is v_f and v_r, (2, hidden).

    A highway of None stands for x' = 0. The result can be differentiated once. Tensors (length, batch, hidden) may be
    bfloat16 or float16; the state is still float32 or wider, because it is a sum over the whole text.
    """
    gates = candidate, forget, reset, highway
    if candidate.is_cuda:
        from pipeline.lm.rnn.sru.on_gpu import RecurrenceOnGpu  # Triton is there where CUDA is

        return RecurrenceOnGpu.apply(*gates, _widen(v))
    return Recurrence.apply(*(None if gate is None else _widen(gate) for gate in gates), _widen(v))


def _widen(tensor: Tensor) -> Tensor:
    """The tensor in float32, or as it is where that is wider."""
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32))


class Recurrence(torch.autograd.Function):
    """`recur` for float32 and wider, on any device."""

    @staticmethod
    def forward(
        ctx: Any, candidate: Tensor, forget: Tensor, reset: Tensor, highway: Tensor | None, v: Tensor
    ) -> Tensor:
        v_forget, v_reset = v
        length, batch, hidden = candidate.shape
        f = torch.empty_like(forget)
        c = candidate.new_empty(length + 1, batch, hidden)  # from c_0 on
        c[0] = 0
        states = c.unbind()
        for t, (u, x, gate) in enumerate(zip(candidate.unbind(), forget.unbind(), f.unbind(), strict=True)):
            torch.addcmul(x, v_forget, states[t], out=gate).sigmoid_()
            torch.lerp(u, states[t], gate, out=states[t + 1])
        r = torch.addcmul(reset, v_reset, c[:-1]).sigmoid_()
        ctx.save_for_backward(c, f, r, highway, v)
        return c[1:] * r if highway is None else torch.lerp(highway, c[1:], r)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dh: Tensor) -> tuple[Tensor | None, ...]:
        c, f, r, highway, (v_forget, v_reset) = ctx.saved_tensors
        before, after = c[:-1], c[1:]
        g = dh * r  # of c_t, by h_t alone
        dhighway = None if highway is None else dh - g
        dr = torch.mul(g, after if highway is None else after - highway)
        dr.addcmul_(dr, r, value=-1)  # r (1 - r) (c - x') dh
        g[:-1].addcmul_(dr[1:], v_reset)  # B
        df = (before - after).mul_(f)
        decay = torch.addcmul(f, df, v_forget)  # A
        steps, decays = g.unbind(), decay.unbind()
        for t in range(len(steps) - 1, 0, -1):
            steps[t - 1].addcmul_(steps[t], decays[t])
        df.mul_(g)
        dcandidate = torch.addcmul(g, g, f, value=-1)
        dv = torch.stack([torch.mul(x, before, out=decay).sum((0, 1)) for x in (df, dr)])
        return dcandidate, df, dr, dhighway, dv
