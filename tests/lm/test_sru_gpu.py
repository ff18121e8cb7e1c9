"""The Triton kernels against plain torch: on a GPU where there is one, else in Triton's interpreter; and compiled."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor

ON_GPU = torch.cuda.is_available()
if not ON_GPU:
    os.environ.setdefault("TRITON_INTERPRET", "1")  # before the kernels are defined
pytest.importorskip("triton", reason="Triton is not installed: it comes with CUDA builds of torch")

from pipeline.lm.rnn.sru import on_cpu, on_gpu  # noqa: E402 - see above

ROOT = Path(__file__).parents[2]
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
    tanh: bool = False
    dropout: bool = False
    padded: bool = False
    strided: bool = False
    opened: bool = False
    """The reset gate, by an infinite input, as a minimal gated recurrent unit has it."""
    dtype: torch.dtype = torch.float32


CASES = {
    "one step of one channel": Case(1, 1, 1),
    "less than a chunk, padding": Case(2, 2, 5, padded=True),
    "k=4, float64": Case(7, 2, 40, dtype=torch.float64),
    "tanh, dropout, padding, float64": Case(9, 3, 6, tanh=True, dropout=True, padded=True, dtype=torch.float64),
    "no skip term, dropout, all full": Case(6, 3, 32, highway=False, dropout=True),
    "no skip term, tanh, strided": Case(5, 2, 33, highway=False, tanh=True, strided=True),
    "bfloat16, padding, strided": Case(8, 2, 40, padded=True, strided=True, dtype=torch.bfloat16),
    "no skip term, open gate, bfloat16": Case(5, 2, 33, highway=False, opened=True, dtype=torch.bfloat16),
    "float16, tanh, dropout": Case(4, 3, 7, tanh=True, dropout=True, dtype=torch.float16),
}


class Arguments(NamedTuple):
    """`Recurrence.apply`'s: what has a gradient, and the options."""

    inputs: list[Tensor | None]
    options: tuple[bool, Tensor | None, Tensor | None]


def arguments_of(case: Case) -> Arguments:
    generator = torch.Generator().manual_seed(0)
    wide = torch.promote_types(case.dtype, torch.float32)

    def random(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.double).to(DEVICE, wide)

    length, batch, hidden = case[:3]
    gates = random(length, batch, hidden, 4).to(case.dtype).unbind(-1)
    inputs: list[Tensor | None] = [gate if case.strided else gate.contiguous() for gate in gates]
    if case.opened:
        inputs[2] = torch.full_like(gates[2], torch.inf)
    if not case.highway:
        inputs[3] = None
    dropout = random(batch, hidden).gt(0).to(wide) * 2 if case.dropout else None
    lengths = torch.tensor([length, max(1, length - 2), length // 2], device=DEVICE).repeat(batch)[:batch]
    padding = torch.arange(length, device=DEVICE)[:, None] >= lengths if case.padded else None
    return Arguments([*inputs, random(hidden), random(hidden), random(batch, hidden)], (case.tanh, dropout, padding))


def widened(arguments: Arguments) -> Arguments:
    """For `on_cpu`, which takes float32 or float64 throughout."""
    inputs = [None if x is None else x.to(torch.promote_types(x.dtype, torch.float32)) for x in arguments.inputs]
    return arguments._replace(inputs=inputs)


def outcome(function: Any, arguments: Arguments, outputs: tuple[int, ...] = (0, 1)) -> list[Tensor]:
    """h and the last state, or one of them, and the gradients of a random sum of these."""
    inputs = [None if x is None else x.detach().requires_grad_() for x in arguments.inputs]
    both = function.apply(*inputs, *arguments.options)
    results = [both[output] for output in outputs]
    generator = torch.Generator().manual_seed(1)
    # Whole numbers, which are the same in every dtype.
    weights = [torch.randint(-3, 4, x.shape, generator=generator).to(x) for x in results]
    leaves = [x for x in inputs if x is not None]
    return [*results, *torch.autograd.grad(results, leaves, weights, materialize_grads=True)]


def check(arguments: Arguments, outputs: tuple[int, ...] = (0, 1), **tolerance: Any) -> None:
    """`on_gpu` gives what `on_cpu` does, each gradient in its tensor's dtype."""
    found = outcome(on_gpu.Recurrence, arguments, outputs)
    expected = outcome(on_cpu.Recurrence, widened(arguments), outputs)
    for x, y in zip(found, expected, strict=True):
        torch.testing.assert_close(x.to(y.dtype), y, **tolerance)
    leaves = [x for x in arguments.inputs if x is not None]
    assert [x.dtype for x in found[len(outputs) :]] == [x.dtype for x in leaves]
    assert 0 not in outputs or found[0].dtype == leaves[0].dtype


@pytest.fixture
def short_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_gpu, "layout", lambda batch, hidden: on_gpu.Layout(warps=1, ahead=3))


@pytest.mark.usefixtures("short_chunks")
@pytest.mark.parametrize("name", CASES)
def test_equals_plain_torch(name: str) -> None:
    check(arguments_of(CASES[name]), **TOLERANCES[CASES[name].dtype])


@pytest.mark.usefixtures("short_chunks")
@pytest.mark.parametrize("output", [0, 1], ids=["h", "last state"])
def test_one_output_may_be_left_unused(output: int) -> None:
    check(arguments_of(Case(2, 2, 3)), (output,), **TOLERANCES[torch.float32])


@pytest.mark.usefixtures("short_chunks")
def test_without_gradients_the_outputs_are_the_same() -> None:
    inputs, options = arguments_of(Case(4, 2, 3, padded=True))
    found, expected = (function.apply(*inputs, *options) for function in (on_gpu.Recurrence, on_cpu.Recurrence))
    torch.testing.assert_close(found, expected, **TOLERANCES[torch.float32])


@pytest.mark.skipif(not ON_GPU, reason="no GPU, and too much for the interpreter")
@pytest.mark.parametrize("batch", [16, 100], ids=["small programs", "large programs"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
def test_equals_plain_torch_in_real_sizes(dtype: torch.dtype, batch: int) -> None:
    # v_*'s gradients are sums over thousands of elements.
    tolerance = TOLERANCES[dtype] | {"atol": 1e-3}
    check(arguments_of(Case(50, batch, 1024, padded=True, dtype=dtype)), **tolerance)


COMPILE = """
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from pipeline.lm.rnn.sru import on_gpu

WIDE = ("v_forget", "v_reset", "dropout", "state", "states", "last", "dlast", "dv_forget", "dv_reset", "dstate")
OPTIONAL = ("highway", "dhighway", "dropout", "padding", "dlast")

def compile(kernel, gate, **constants):
    def type_of(name):
        if name in constants:
            return "constexpr"
        if name in on_gpu.SIZES:
            return "i32"
        return "*u8" if name == "padding" else "*fp32" if name in WIDE else "*" + gate

    constants |= {"BLOCK": 32, "AHEAD": 2}  # more steps take longer to compile
    signature = {name: type_of(name) for name in kernel.arg_names}
    own = {name: value for name, value in constants.items() if name in signature}
    source = ASTSource(fn=kernel, signature=signature, constexprs=own)
    compiled = triton.compile(source, target=GPUTarget("cuda", 90, 32), options={"num_warps": 1})
    assert ".entry" in compiled.asm["ptx"] and compiled.asm["cubin"]
    print(kernel.__name__, gate)

for kernel in (on_gpu._forward, on_gpu._backward):
    compile(kernel, "bf16", TANH=True)
    compile(kernel, "fp32", TANH=False, **dict.fromkeys(OPTIONAL))
"""


def test_the_kernels_compile_without_a_gpu_or_a_compiler(tmp_path: Path) -> None:
    """Ahead of time, for compute capability 9.0, by what Triton brings along."""
    environment = {"PATH": "", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "TRITON_CACHE_DIR": str(tmp_path)}
    result = subprocess.run([sys.executable, "-c", COMPILE], env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["_forward", "bf16", "_forward", "fp32", "_backward", "bf16", "_backward", "fp32"]
