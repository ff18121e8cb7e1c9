# mypy: disable-error-code="untyped-decorator, var-annotated, assignment"
# mypy: disallow-untyped-defs=False, disallow-incomplete-defs=False
"""The recurrence on CUDA: a Triton kernel forward and one backward, a thread for each channel, walking over time.

Its limit should be the memory's bandwidth, so it moves little, and asks for it early. Per element of (length, batch,
hidden), with s bytes a gate, forward reads four gates and writes h and c, 5 s + 4 bytes; backward reads three gates, c
and the gradient of h, and writes four gradients, 8 s + 4 bytes. f and r are computed again.

No load depends on the state. So time goes in chunks of AHEAD steps, and before a chunk is computed, all loads of the
next one are issued, into registers. Half as many would do if each step asked for the one AHEAD steps later, but a warp
has six counters for everything that it waits for: it would wait for the latest load at once. Triton's own pipelining of
loops (`num_stages`) passes over loads of 2 bytes a thread, and costs more each step.
"""

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor
from torch.autograd.function import once_differentiable

WARP = 32
"""Channels of a warp."""
AHEAD = 8
"""Steps of a chunk: they outlast a load from memory. The results do not depend on it."""


class RecurrenceOnGpu(torch.autograd.Function):
    """`recur` for CUDA: gates in float16, bfloat16 or float32, all else in float32; or all in float64."""

    @staticmethod
    def forward(
        ctx: Any, candidate: Tensor, forget: Tensor, reset: Tensor, highway: Tensor | None, v: Tensor
    ) -> Tensor:
        """h (length, batch, hidden), of the candidate's dtype."""
        length, batch, hidden = candidate.shape
        gates = [None if gate is None else gate.contiguous() for gate in (candidate, forget, reset, highway)]
        v, h = v.contiguous(), candidate.new_empty(candidate.shape)
        states = v.new_empty(length + 1, batch, hidden) if any(ctx.needs_input_grad) else None
        _launch(_forward, candidate, (*gates, v, h, states))
        ctx.save_for_backward(*gates[1:], v, states)
        return h

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dh: Tensor) -> tuple[Tensor | None, ...]:
        forget, reset, highway, v, states = ctx.saved_tensors
        dh = dh.contiguous()
        dgates = [None if x is None else torch.empty_like(x) for x in (dh, forget, reset, highway)]
        dv = states.new_empty(2, *states.shape[1:])  # (2, batch, hidden)
        _launch(_backward, forget, (forget, reset, highway, v, states, dh, *dgates, dv))
        return (*dgates, dv.sum(1))


def _launch(kernel: Any, like: Tensor, arguments: tuple[Tensor | None, ...]) -> None:
    """Run a kernel for gates shaped like one (length, batch, hidden): a program for each text and block of channels."""
    length, batch, hidden = like.shape
    warps = 1 if batch * hidden < 2**16 else 4  # where channels are few, the smallest programs spread most evenly
    block = WARP * warps
    sizes = (length, hidden, batch * hidden)
    with torch.cuda.device_of(like):
        grid = (batch * -(-hidden // block),)
        kernel[grid](*arguments, *sizes, BLOCK=block, AHEAD=AHEAD, num_warps=warps, enable_fp_fusion=True)


# The rest is in Triton's language, compiled once for each combination of dtypes, of constants (in capitals) and of
# arguments that are None; not for each size. `stride` is batch * hidden, from step to step; computed in a kernel, it
# makes the compiler keep an address for every load and store of a chunk, and take twice the registers. An `offset`
# is an element's in a tensor (length, batch, hidden), in 64 bits. Functions of `triton.language` that are themselves
# written in Triton are avoided: they can be interpreted only if that was asked for before Triton's first import.

SIZES = ("length", "hidden", "stride")


@triton.jit
def _sigmoid(x):
    # One instruction each for the power and the root, while `tl.exp` and a division check for extreme values: on these
    # depends how long a step takes. exp2(-x log2(e)) + 1 is at least 1, and infinite at worst, which gives 0.
    root = tl.rsqrt(1 + tl.exp2(x * -1.4426950408889634))
    return root * root


@triton.jit
def _locate(hidden, BLOCK: tl.constexpr):
    """The offsets of this program's first step, its channels, and which of those exist; (BLOCK,) each."""
    blocks = (hidden + BLOCK - 1) // BLOCK
    channel = tl.program_id(0) % blocks * BLOCK + tl.arange(0, BLOCK)
    text = tl.full([BLOCK], tl.program_id(0) // blocks, tl.int64)
    return text * hidden + channel, channel, channel < hidden


@triton.jit
def _load(tensor, offset, mask):
    value = mask  # anything, for what is not used
    if tensor is not None:
        value = tl.load(tensor + offset, mask=mask)
    return value


@triton.jit
def _load_chunk(tensors, offset, stride, start, length, inside, AHEAD: tl.constexpr):
    """AHEAD steps, from the `start`th that this program makes: a tuple each, of what the tensors have at `offset`.

    Undefined beyond `length`. Also returns the `offset` of the step after the last.
    """
    chunk = ()
    for step in tl.static_range(AHEAD):
        mask = _until(start + step, length, inside)
        loaded = ()
        for index in tl.static_range(len(tensors)):
            loaded += (_load(tensors[index], offset, mask),)
        chunk += (loaded,)
        offset += stride
    return chunk, offset


@triton.jit
def _widen(chunk, wide: tl.constexpr):
    """Use the loaded values, and so wait for them."""
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
    candidate, forget, reset, highway, v, h, states, length, hidden, stride, BLOCK: tl.constexpr, AHEAD: tl.constexpr
):
    """From the gates to h (length, batch, hidden) and, if asked for, the states from c_0 on (length + 1, ...)."""
    wide: tl.constexpr = v.dtype.element_ty
    first, channel, inside = _locate(hidden, BLOCK)
    v_f = tl.load(v + channel, mask=inside)
    v_r = tl.load(v + hidden + channel, mask=inside)
    c = tl.full([BLOCK], 0, wide)
    if states is not None:
        tl.store(states + first, c, mask=inside)

    gates = (candidate, forget, reset, highway)
    offset = first
    chunk, beyond = _load_chunk(gates, first, stride, 0, length, inside, AHEAD)
    chunk = _widen(chunk, wide)
    for t in range(0, length, AHEAD):
        later, beyond = _load_chunk(gates, beyond, stride, t + AHEAD, length, inside, AHEAD)
        for step in tl.static_range(AHEAD):
            u, x, r, skip = chunk[step]
            live = _until(t + step, length, inside)
            f = _sigmoid(x + v_f * c)
            share = _sigmoid(r + v_r * c)
            c = u + f * (c - u)
            out = c * share
            if highway is not None:
                out = skip + (c - skip) * share
            tl.store(h + offset, out, mask=live)
            offset += stride
            if states is not None:
                tl.store(states + offset, c, mask=live)
        chunk = _widen(later, wide)


@triton.jit(do_not_specialize=SIZES)
def _backward(
    forget,
    reset,
    highway,
    v,
    states,
    dh,
    dcandidate,
    dforget,
    dreset,
    dhighway,
    dv,
    length,
    hidden,
    stride,
    BLOCK: tl.constexpr,
    AHEAD: tl.constexpr,
):
    """Gradients of the gates (length, batch, hidden) and, for each text, of v (2, batch, hidden); backwards in time."""
    wide: tl.constexpr = v.dtype.element_ty
    first, channel, inside = _locate(hidden, BLOCK)
    v_f = tl.load(v + channel, mask=inside)
    v_r = tl.load(v + hidden + channel, mask=inside)
    g = tl.full([BLOCK], 0, wide)  # of the state after a step, by all later steps
    sum_f = tl.full([BLOCK], 0, wide)
    sum_r = tl.full([BLOCK], 0, wide)

    steps = tl.full([BLOCK], length, tl.int64)
    after = tl.load(states + first + steps * stride, mask=inside)
    offset = first + (steps - 1) * stride
    saved = (forget, reset, highway, states, dh)
    chunk, beyond = _load_chunk(saved, offset, -stride, 0, length, inside, AHEAD)
    chunk = _widen(chunk, wide)
    for t in range(0, length, AHEAD):
        later, beyond = _load_chunk(saved, beyond, -stride, t + AHEAD, length, inside, AHEAD)
        for step in tl.static_range(AHEAD):
            x, r, skip, before, d = chunk[step]
            live = _until(t + step, length, inside)
            f = _sigmoid(x + v_f * before)
            r = _sigmoid(r + v_r * before)
            dc = d * r
            dr = dc * (1 - r)
            if highway is not None:
                tl.store(dhighway + offset, d - dc, mask=live)
                dr *= after - skip
            else:
                dr *= after
            dc += g
            df = f * (before - after) * dc
            tl.store(dcandidate + offset, dc - f * dc, mask=live)
            tl.store(dforget + offset, df, mask=live)
            tl.store(dreset + offset, dr, mask=live)
            offset -= stride
            sum_f = tl.where(live, sum_f + df * before, sum_f)
            sum_r = tl.where(live, sum_r + dr * before, sum_r)
            g = f * dc + df * v_f + dr * v_r
            after = before
        chunk = _widen(later, wide)
    tl.store(dv + first, sum_f, mask=inside)
    tl.store(dv + stride + first, sum_r, mask=inside)
