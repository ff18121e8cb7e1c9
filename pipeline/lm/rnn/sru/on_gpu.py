# mypy: disable-error-code="untyped-decorator, var-annotated, assignment"
# mypy: disallow-untyped-defs=False, disallow-incomplete-defs=False
"""The recurrence on CUDA: a Triton kernel forward and one backward, a thread for each channel, walking over time.

What limits it should be the memory's bandwidth, so little is moved, and it is asked for early. Per element of
(length, batch, hidden), with s bytes a gate, forward reads four gates and writes h and c, 5 s + 4 bytes; backward
reads three gates, c and the gradient of h, and writes four gradients, 8 s + 4. f and r are computed again. That U is
not needed, and how the gradient runs back, is derived in `on_cpu`.

What is loaded does not depend on the state. So time goes in chunks of AHEAD steps, and before a chunk is computed, all
loads of the next one are issued; what they bring waits in registers. To ask at each step for the one AHEAD later would
need half as many, but a warp has six counters for all that it waits for, so that it would wait for the latest load at
once. Triton's own pipelining of loops (`num_stages`) passes over loads of 2 bytes a thread, and costs more each step.
"""

from typing import Any, NamedTuple

import torch
import triton
import triton.language as tl
from torch import Tensor
from torch.autograd.function import once_differentiable

WARP = 32


class Layout(NamedTuple):
    """How the work is laid out on the device; the results do not depend on it."""

    warps: int
    """Of a program; 32 channels each."""
    ahead: int
    """Steps of a chunk."""


def layout(batch: int, hidden: int) -> Layout:
    """Where channels are few, the smallest programs spread most evenly; 8 steps outlast a load from memory."""
    return Layout(warps=1 if batch * hidden < 2**16 else 4, ahead=8)


class Recurrence(torch.autograd.Function):
    """`recurrence.recur` for CUDA: gates in float16, bfloat16 or float32, all else in float32; or all in float64."""

    @staticmethod
    def forward(
        ctx: Any,
        candidate: Tensor,
        forget: Tensor,
        reset: Tensor,
        highway: Tensor | None,
        v_forget: Tensor,
        v_reset: Tensor,
    ) -> Tensor:
        """h (length, batch, hidden), of the candidate's dtype."""
        length, batch, hidden = candidate.shape
        gates = [None if gate is None else gate.contiguous() for gate in (candidate, forget, reset, highway)]
        coefficients = v_forget.contiguous(), v_reset.contiguous()
        h = candidate.new_empty(candidate.shape)
        states = v_forget.new_empty(length + 1, batch, hidden) if any(ctx.needs_input_grad) else None
        _launch(_forward, candidate, (*gates, *coefficients, h, states))
        ctx.save_for_backward(*gates[1:], *coefficients, states)
        return h

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dh: Tensor) -> tuple[Tensor | None, ...]:
        forget, reset, highway, v_forget, v_reset, states = ctx.saved_tensors
        dh = dh.contiguous()
        dgates = [None if x is None else torch.empty_like(x) for x in (dh, forget, reset, highway)]
        dv = states.new_empty(2, *states.shape[1:])  # (2, batch, hidden)
        _launch(_backward, forget, (forget, reset, highway, v_forget, v_reset, states, dh, *dgates, *dv))
        return (*dgates, *dv.sum(1))


def _launch(kernel: Any, like: Tensor, arguments: tuple[Tensor | None, ...]) -> None:
    """Run a kernel for gates shaped like one (length, batch, hidden): a program for each text and block of channels."""
    length, batch, hidden = like.shape
    warps, ahead = layout(batch, hidden)
    block = WARP * warps
    sizes = (length, hidden, batch * hidden)
    with torch.cuda.device_of(like):
        grid = (batch * -(-hidden // block),)
        kernel[grid](*arguments, *sizes, BLOCK=block, AHEAD=ahead, num_warps=warps, enable_fp_fusion=True)


# The rest is in Triton's language, compiled once for each combination of dtypes, of constants (in capitals) and of
# arguments that are None; not for each size. `stride` is batch * hidden, from step to step; computed in a kernel, it
# makes the compiler keep an address for every load and store of a chunk, and take twice the registers. `place` is an
# element's offset in a tensor (length, batch, hidden), in 64 bits. Functions of `triton.language` that are themselves
# written in Triton are avoided: they can be interpreted only if that was asked for before Triton's first import.

SIZES = ("length", "hidden", "stride")


@triton.jit
def _sigmoid(x):
    # One instruction each for the power and the root, while `tl.exp` and a division check for extreme values: on these
    # depends how long a step takes. exp2(-x log2(e)) + 1 is at least 1, and infinite at worst, which gives 0.
    root = tl.rsqrt(1 + tl.exp2(x * -1.4426950408889634))
    return root * root


@triton.jit
def _whereabouts(hidden, BLOCK: tl.constexpr):
    """This program's text of the batch, its channels, and which of those there are; (BLOCK,) each."""
    blocks = (hidden + BLOCK - 1) // BLOCK
    channel = tl.program_id(0) % blocks * BLOCK + tl.arange(0, BLOCK)
    return tl.full([BLOCK], tl.program_id(0) // blocks, tl.int64), channel, channel < hidden


@triton.jit
def _load(tensor, place, mask):
    value = mask  # anything, for what is not used
    if tensor is not None:
        value = tl.load(tensor + place, mask=mask)
    return value


@triton.jit
def _load_chunk(tensors, place, stride, start, length, inside, AHEAD: tl.constexpr):
    """AHEAD steps, from the `start`th that this program makes: a tuple each, of what the tensors have at `place`.

    Undefined beyond `length`. Also returns the `place` of the step after the last.
    """
    chunk = ()
    for step in tl.static_range(AHEAD):
        mask = _until(start + step, length, inside)
        loaded = ()
        for index in tl.static_range(len(tensors)):
            loaded += (_load(tensors[index], place, mask),)
        chunk += (loaded,)
        place += stride
    return chunk, place


@triton.jit
def _widen(chunk, wide: tl.constexpr):
    """Use what was loaded, and so wait for it."""
    wider = ()
    for step in tl.static_range(len(chunk)):
        values = ()
        for index in tl.static_range(len(chunk[step])):
            values += (chunk[step][index].to(wide),)
        wider += (values,)
    return wider


@triton.jit
def _until(step, length, inside):
    # As a tensor: in the interpreter, what comes of comparing two numbers cannot be used in a mask.
    return inside & (tl.full(inside.shape, step, tl.int32) < length)


@triton.jit(do_not_specialize=SIZES)
def _forward(
    candidate,
    forget,
    reset,
    highway,
    v_forget,
    v_reset,
    h,
    states,
    length,
    hidden,
    stride,
    BLOCK: tl.constexpr,
    AHEAD: tl.constexpr,
):
    """From the gates to h (length, batch, hidden) and, if asked for, the states from c_0 on (length + 1, ...)."""
    wide: tl.constexpr = v_forget.dtype.element_ty
    text, channel, inside = _whereabouts(hidden, BLOCK)
    home = text * hidden + channel
    v_f = tl.load(v_forget + channel, mask=inside)
    v_r = tl.load(v_reset + channel, mask=inside)
    c = tl.full([BLOCK], 0, wide)
    if states is not None:
        tl.store(states + home, c, mask=inside)

    gates = (candidate, forget, reset, highway)
    place = home
    chunk, far = _load_chunk(gates, home, stride, 0, length, inside, AHEAD)
    chunk = _widen(chunk, wide)
    for t in range(0, length, AHEAD):
        later, far = _load_chunk(gates, far, stride, t + AHEAD, length, inside, AHEAD)
        for step in tl.static_range(AHEAD):
            u, x, r, skip = chunk[step]
            live = _until(t + step, length, inside)
            f = _sigmoid(x + v_f * c)
            share = _sigmoid(r + v_r * c)
            c = u + f * (c - u)
            out = c * share
            if highway is not None:
                out = skip + (c - skip) * share
            tl.store(h + place, out, mask=live)
            place += stride
            if states is not None:
                tl.store(states + place, c, mask=live)
        chunk = _widen(later, wide)


@triton.jit(do_not_specialize=SIZES)
def _backward(
    forget,
    reset,
    highway,
    v_forget,
    v_reset,
    states,
    dh,
    dcandidate,
    dforget,
    dreset,
    dhighway,
    dv_forget,
    dv_reset,
    length,
    hidden,
    stride,
    BLOCK: tl.constexpr,
    AHEAD: tl.constexpr,
):
    """Gradients of the gates (length, batch, hidden) and of v_*, for each text (batch, hidden), from the last step on."""
    wide: tl.constexpr = v_forget.dtype.element_ty
    text, channel, inside = _whereabouts(hidden, BLOCK)
    home = text * hidden + channel
    v_f = tl.load(v_forget + channel, mask=inside)
    v_r = tl.load(v_reset + channel, mask=inside)
    g = tl.full([BLOCK], 0, wide)  # of the state after a step, by all later steps
    sum_f = tl.full([BLOCK], 0, wide)
    sum_r = tl.full([BLOCK], 0, wide)

    steps = tl.full([BLOCK], length, tl.int64)
    after = tl.load(states + home + steps * stride, mask=inside)
    place = home + (steps - 1) * stride
    saved = (forget, reset, highway, states, dh)
    chunk, far = _load_chunk(saved, place, -stride, 0, length, inside, AHEAD)
    chunk = _widen(chunk, wide)
    for t in range(0, length, AHEAD):
        later, far = _load_chunk(saved, far, -stride, t + AHEAD, length, inside, AHEAD)
        for step in tl.static_range(AHEAD):
            x, r, skip, before, d = chunk[step]
            live = _until(t + step, length, inside)
            f = _sigmoid(x + v_f * before)
            r = _sigmoid(r + v_r * before)
            dc = d * r
            dr = dc * (1 - r)
            if highway is not None:
                tl.store(dhighway + place, d - dc, mask=live)
                dr *= after - skip
            else:
                dr *= after
            dc += g
            df = f * (before - after) * dc
            tl.store(dcandidate + place, dc - f * dc, mask=live)
            tl.store(dforget + place, df, mask=live)
            tl.store(dreset + place, dr, mask=live)
            place -= stride
            sum_f = tl.where(live, sum_f + df * before, sum_f)
            sum_r = tl.where(live, sum_r + dr * before, sum_r)
            g = f * dc + df * v_f + dr * v_r
            after = before
        chunk = _widen(later, wide)
    tl.store(dv_forget + home, sum_f, mask=inside)
    tl.store(dv_reset + home, sum_r, mask=inside)
