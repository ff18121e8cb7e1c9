"""The recurrence of a simple recurrent unit, on whatever device its tensors are.

Lei et al. 2018, equations 3 to 7, as the `sru` package 2.6.0 computes them; * is the elementwise product, x' the
highway's input, and c_0 is 0:

    f_t = sigmoid(F_t + v_f * c_{t-1})
    c_t = f_t * c_{t-1} + (1 - f_t) * U_t
    r_t = sigmoid(R_t + v_r * c_{t-1})
    h_t = x'_t + (c_t - x'_t) * r_t
"""

from typing import NamedTuple

import torch
from torch import Tensor

from pipeline.lm.rnn.sru.on_cpu import Recurrence as OnCpu


class Gates(NamedTuple):
    """All that a layer's matrix products give, float (length, batch, hidden) each."""

    candidate: Tensor
    """U."""
    forget: Tensor
    """F, its bias added."""
    reset: Tensor
    """R, its bias added."""
    highway: Tensor | None
    """x'; None stands for 0: a layer without a highway."""


def recur(gates: Gates, v_forget: Tensor, v_reset: Tensor) -> Tensor:
    """Run through time from a zero state; `v_forget` and `v_reset` are (hidden,), the result is h, shaped as a gate.

    It can be differentiated once. Gates may be bfloat16 or float16; the state is float32 or wider whatever they are,
    because it is a sum over the whole text.
    """
    coefficients = _widen(v_forget), _widen(v_reset)
    if gates.candidate.is_cuda:
        from pipeline.lm.rnn.sru.on_gpu import Recurrence as OnGpu  # Triton is there where CUDA is

        return OnGpu.apply(*gates, *coefficients)
    return OnCpu.apply(*(None if gate is None else _widen(gate) for gate in gates), *coefficients)


def _widen(tensor: Tensor) -> Tensor:
    """The tensor in float32, or as it is where that is wider."""
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32))
