"""The recurrence of a simple recurrent unit, on whatever device its tensors are.

Lei et al. 2018, equations 3 to 7, as the `sru` package 2.6.0 computes them; with * the elementwise product, g the
identity or tanh, m a dropout mask of the state and x' the highway's input:

    f_t = sigmoid(F_t + v_f * c_{t-1})
    c_t = f_t * c_{t-1} + (1 - f_t) * U_t
    r_t = sigmoid(R_t + v_r * c_{t-1})
    h_t = x'_t + (g(c_t) - x'_t) * m * r_t

A padded step carries c on and gives h = 0.
"""

from typing import NamedTuple

import torch
from torch import Tensor


class Gates(NamedTuple):
    """All that a layer's matrix products give, float (length, batch, hidden) each."""

    candidate: Tensor
    """U."""
    forget: Tensor
    """F, its bias added."""
    reset: Tensor
    """R, its bias added."""
    highway: Tensor | None
    """x'; None stands for 0: a layer without a skip term."""

    def part(self, channels: slice, direction: int) -> "Gates":
        """Some channels of all, for direction 1 from the last step to the first."""
        candidate, forget, reset = (turn(gate[..., channels], direction) for gate in self[:3])
        highway = None if self.highway is None else turn(self.highway[..., channels], direction)
        return Gates(candidate, forget, reset, highway)


class Options(NamedTuple):
    """What varies besides the gates."""

    tanh: bool = False
    """g is tanh, and else the identity."""
    dropout: Tensor | None = None
    """m, float (batch, hidden), the same at every step."""
    padding: Tensor | None = None
    """bool (length, batch), True at a padded step."""


def turn(tensor: Tensor, direction: int) -> Tensor:
    """Time, the first axis, the other way round for direction 1."""
    return tensor.flip(0) if direction else tensor


def recur(gates: Gates, v_forget: Tensor, v_reset: Tensor, state: Tensor, options: Options) -> tuple[Tensor, Tensor]:
    """Run through time; `v_forget` and `v_reset` are (hidden,), `state` is c_0, (batch, hidden).

    Returns h (length, batch, hidden) and the last c (batch, hidden). Differentiable once in everything but the
    options. Gates may be bfloat16 or float16; the state is float32 or wider whatever they are, because it is a sum
    over the whole text.
    """
    if gates.candidate.is_cuda:
        from pipeline.lm.rnn.sru.on_gpu import Recurrence as OnGpu  # Triton is there where CUDA is

        return OnGpu.apply(*gates, v_forget, v_reset, state, *options)
    from pipeline.lm.rnn.sru.on_cpu import Recurrence as OnCpu

    def wide(tensor: Tensor | None) -> Tensor | None:
        return None if tensor is None else tensor.to(torch.promote_types(tensor.dtype, torch.float32))

    arguments = (wide(tensor) for tensor in (*gates, v_forget, v_reset, state))
    return OnCpu.apply(*arguments, options.tanh, wide(options.dropout), options.padding)
