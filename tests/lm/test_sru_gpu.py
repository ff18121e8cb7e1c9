"""The Triton kernels against plain torch: on a GPU where there is one, else in Triton's interpreter; and compiled."""

import os
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor

ON_GPU = torch.cuda.is_available()
if not ON_GPU:
    os.environ.setdefault("TRITON_INTERPRET", "1")  # before the kernels are defined
pytest.importorskip("triton", reason="Triton is not installed: it comes with CUDA builds of torch")

from pipeline.lm.rnn.sru import on_gpu, recurrence  # noqa: E402 - see above

DEVICE = "cuda" if ON_GPU else "cpu"
TOLERANCES: dict[torch.dtype, dict[str, Any]] = {
    torch.float64: {"rtol": 1e-9, "atol": 1e-10},
    torch.float32: {"rtol": 1e-4, "atol": 1e-5},
    torch.bfloat16: {"rtol": 1e-2, "atol": 1e-5},  # the interpreter cuts off what a GPU rounds
    torch.float16: {"rtol": 1e-3, "atol": 1e-5},
}


class Case(NamedTuple):
    """Computed in chunks of three steps, and in blocks of 32 channels."""

    length: int
    batch: int
    hidden: int
    highway: bool = True
    strided: bool = False
    opened: bool = False
    """An infinite input opens the reset gate, as in a minimal gated recurrent unit."""
    dtype: torch.dtype = torch.float32


CASES = {
    "one step of one channel": Case(1, 1, 1),
    "k=4, float64": Case(7, 2, 33, dtype=torch.float64),
    "no highway, strided": Case(6, 2, 5, highway=False, strided=True),
    "bfloat16, strided": Case(5, 2, 3, strided=True, dtype=torch.bfloat16),
    "no highway, open gate, bfloat16": Case(4, 2, 6, highway=False, opened=True, dtype=torch.bfloat16),
    "float16": Case(4, 3, 7, dtype=torch.float16),
}

Arguments = list[Tensor | None]
"""The arguments of `Recurrence.apply`."""


def arguments_of(case: Case) -> Arguments:
    generator = torch.Generator().manual_seed(0)
    wide = torch.promote_types(case.dtype, torch.float32)

    def random(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.double).to(DEVICE, wide)

    gates = random(*case[:3], 4).to(case.dtype).unbind(-1)
    arguments: Arguments = [gate if case.strided else gate.contiguous() for gate in gates]
    if case.opened:
        arguments[2] = torch.full_like(gates[2], torch.inf)
    if not case.highway:
        arguments[3] = None
    return [*arguments, random(2, case.hidden)]


def outcome(function: Any, arguments: Arguments) -> list[Tensor]:
    """h, and the gradients of a random sum of it."""
    inputs = [None if x is None else x.detach().requires_grad_() for x in arguments]
    h = function.apply(*inputs)
    # Whole numbers, which are the same in every dtype.
    weights = torch.randint(-3, 4, h.shape, generator=torch.Generator().manual_seed(1)).to(h)
    return [h, *torch.autograd.grad(h, [x for x in inputs if x is not None], weights)]


def check(arguments: Arguments, **tolerance: Any) -> None:
    """`on_gpu` gives what plain torch does, h in the gates' dtype and each gradient in its tensor's."""
    ours = outcome(on_gpu.RecurrenceOnGpu, arguments)
    # Plain torch takes float32 or float64 throughout.
    wide = [None if x is None else x.to(torch.promote_types(x.dtype, torch.float32)) for x in arguments]
    for result, expected in zip(ours, outcome(recurrence.Recurrence, wide), strict=True):
        torch.testing.assert_close(result.to(expected.dtype), expected, **tolerance)
    tensors = [x for x in arguments if x is not None]
    assert [x.dtype for x in ours] == [x.dtype for x in (tensors[0], *tensors)]


@pytest.fixture
def short_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_gpu, "AHEAD", 3)


@pytest.mark.usefixtures("short_chunks")
@pytest.mark.parametrize("name", CASES)
def test_equals_plain_torch(name: str) -> None:
    check(arguments_of(CASES[name]), **TOLERANCES[CASES[name].dtype])


@pytest.mark.usefixtures("short_chunks")
def test_without_gradients_the_outputs_are_the_same() -> None:
    arguments = arguments_of(Case(4, 2, 3))
    ours, expected = (function.apply(*arguments) for function in (on_gpu.RecurrenceOnGpu, recurrence.Recurrence))
    torch.testing.assert_close(ours, expected, **TOLERANCES[torch.float32])


@pytest.mark.skipif(not ON_GPU, reason="no GPU, and too much for the interpreter")
@pytest.mark.parametrize("batch", [16, 100], ids=["small programs", "large programs"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
def test_equals_plain_torch_in_real_sizes(dtype: torch.dtype, batch: int) -> None:
    # v_*'s gradients are sums over thousands of elements.
    tolerance = TOLERANCES[dtype] | {"atol": 1e-3}
    check(arguments_of(Case(50, batch, 1024, dtype=dtype)), **tolerance)


@pytest.fixture
def compilable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every function in Triton's language as it is without the interpreter; no compiler can be found."""
    from triton.runtime.jit import JITFunction

    for name, function in list(vars(on_gpu).items()):
        if type(function).__name__ in ("InterpretedFunction", "JITFunction"):
            monkeypatch.setattr(on_gpu, name, JITFunction(function.fn, do_not_specialize=on_gpu.SIZES))
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))


@pytest.mark.usefixtures("compilable")
@pytest.mark.parametrize(
    ("gate", "constants"),
    [("bf16", {}), pytest.param("fp32", {"highway": None, "dhighway": None}, marks=pytest.mark.slow)],
    ids=["k=4", "mingru"],
)
@pytest.mark.parametrize("name", ["_forward", "_backward"])
def test_the_kernels_compile_without_a_gpu_or_a_compiler(name: str, gate: str, constants: dict[str, Any]) -> None:
    """Ahead of time, for compute capability 9.0, with nothing that does not come with Triton."""
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    kernel = getattr(on_gpu, name)
    constants = constants | {"BLOCK": 32, "AHEAD": 2}  # more steps take longer to compile
    types = dict.fromkeys(on_gpu.SIZES, "i32") | dict.fromkeys(("v", "states", "dv"), "*fp32")
    types |= dict.fromkeys(constants, "constexpr")
    signature = {argument: types.get(argument, f"*{gate}") for argument in kernel.arg_names}
    constants = {argument: value for argument, value in constants.items() if argument in signature}
    source = ASTSource(fn=kernel, signature=signature, constexprs=constants)
    compiled = triton.compile(source, target=GPUTarget("cuda", 90, 32), options={"num_warps": 1})
    assert ".entry" in compiled.asm["ptx"] and compiled.asm["cubin"]
