"""The recurrence in plain torch, its gradient derived by hand.

Only the state and the forget gate run through time, in three fused calls a step on slices that are contiguous; all
else is done once for all steps. Backward, a single number a channel runs through time, in one call a step:

    g_{t-1} = B_{t-1} + A_t * g_t    A_t = f_t * (1 + v_f * (c_{t-1} - c_t)),

where g is the gradient of c, and B what reaches c_{t-1} from h_{t-1} and from r_t. A follows from
(c_{t-1} - U_t) * (1 - f_t) = c_{t-1} - c_t: neither U nor the gates' inputs need to be kept.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

NEVER_FORGET = float("inf")
"""Forget gate's input at a padded step: f is 1 and c is carried on, at no cost in the loop."""


class Recurrence(torch.autograd.Function):
    """`recurrence.recur` for float32 and wider on any device."""

    @staticmethod
    def forward(
        ctx: Any,
        candidate: Tensor,
        forget: Tensor,
        reset: Tensor,
        highway: Tensor | None,
        v_forget: Tensor,
        v_reset: Tensor,
        state: Tensor,
        tanh: bool,
        dropout: Tensor | None,
        padding: Tensor | None,
    ) -> tuple[Tensor, Tensor]:
        if padding is not None:
            forget = forget.masked_fill(padding.unsqueeze(-1), NEVER_FORGET)
        f, c = _run(candidate, forget, v_forget, state)
        r = torch.addcmul(reset, v_reset, c[:-1]).sigmoid_()
        h, _ = _outputs(c[1:], r, highway, tanh, dropout)
        if padding is not None:
            h.masked_fill_(padding.unsqueeze(-1), 0)
        ctx.save_for_backward(c, f, r, highway, v_forget, v_reset, dropout, padding)
        ctx.tanh = tanh
        return h, c[-1].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dh: Tensor, dlast: Tensor) -> tuple[Tensor | None, ...]:
        c, f, r, highway, v_forget, v_reset, dropout, padding = ctx.saved_tensors
        before, after = c[:-1], c[1:]
        if padding is not None:
            dh = dh.masked_fill(padding.unsqueeze(-1), 0)
        g, dr, dhighway = _through_output(dh, after, r, highway, ctx.tanh, dropout)
        g[:-1].addcmul_(dr[1:], v_reset)
        g[-1].add_(dlast)
        df = (before - after).mul_(f)
        decay = torch.addcmul(f, df, v_forget)  # A
        _run_back(g, decay)
        df.mul_(g)
        dcandidate = torch.addcmul(g, g, f, value=-1)
        dstate = torch.addcmul(dr[0] * v_reset, g[0], decay[0])
        dv_forget = torch.mul(df, before, out=decay).sum((0, 1))
        dv_reset = torch.mul(dr, before, out=decay).sum((0, 1))
        return dcandidate, df, dr, dhighway, dv_forget, dv_reset, dstate, None, None, None


def _run(candidate: Tensor, forget: Tensor, v_forget: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
    """Forget gates f (length, batch, hidden), and states c (length + 1, batch, hidden) from c_0 on."""
    length, batch, hidden = candidate.shape
    f, c = torch.empty_like(forget), candidate.new_empty(length + 1, batch, hidden)
    c[0] = state
    states = c.unbind()
    for t, (u, x, gate) in enumerate(zip(candidate.unbind(), forget.unbind(), f.unbind(), strict=True)):
        torch.addcmul(x, v_forget, states[t], out=gate).sigmoid_()
        torch.lerp(u, states[t], gate, out=states[t + 1])
    return f, c


def _run_back(gradient: Tensor, decay: Tensor) -> None:
    """Turn B into g in place, from the last step to the first."""
    steps, decays = gradient.unbind(), decay.unbind()
    for t in range(len(steps) - 1, 0, -1):
        steps[t - 1].addcmul_(steps[t], decays[t])


def _outputs(c: Tensor, r: Tensor, highway: Tensor | None, tanh: bool, dropout: Tensor | None) -> tuple[Tensor, Tensor]:
    """h, and m * r."""
    active = c.tanh() if tanh else c
    share = r if dropout is None else r * dropout
    return (active * share if highway is None else torch.lerp(highway, active, share)), share


def _through_output(
    dh: Tensor, c: Tensor, r: Tensor, highway: Tensor | None, tanh: bool, dropout: Tensor | None
) -> tuple[Tensor, Tensor, Tensor | None]:
    """From the gradient of h to those of c (by this step's h alone), of R and of x'."""
    active = c.tanh() if tanh else c
    dc = dh * r if dropout is None else (dh * dropout).mul_(r)
    dhighway = None if highway is None else dh - dc
    # m r (1 - r) (g(c) - x') dh, where dc is m r dh.
    dr = torch.mul(dc, active if highway is None else active - highway)
    dr.addcmul_(dr, r, value=-1)
    if tanh:
        dc.mul_(1 - active.square())
    return dc, dr, dhighway
