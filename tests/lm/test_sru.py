"""Our cell against the package's own, value by value and gradient by gradient; and that nothing is compiled."""

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn

from benchmarks.sru_package import load_sru
from pipeline.lm.rnn.sru.cell import Cell, Layer
from pipeline.lm.rnn.sru.recurrence import Gates, Options, recur
from pipeline.lm.settings import ArchSettings
from pipeline.lm.stack import Stack

pytestmark = pytest.mark.filterwarnings("ignore:Running SRU on CPU with grad_enabled=True")

ROOT = Path(__file__).parents[2]
HIDDEN, BATCH = 6, 3

CELLS: dict[str, dict[str, Any]] = {
    "k=4": {"input_size": 5},
    "k=3": {"input_size": 6},
    "k=3, not rescaled": {"input_size": 6, "rescale": False},
    "k=4, tanh": {"input_size": 5, "use_tanh": True},
    "k=3, tanh": {"input_size": 6, "use_tanh": True},
    "no skip term": {"input_size": 6, "has_skip_term": False},
    "highway bias": {"input_size": 5, "highway_bias": -2.0},
    "factorised": {"input_size": 5, "n_proj": 2},
    "normalised before": {"input_size": 5, "layer_norm": True},
    "normalised after": {"input_size": 6, "layer_norm": True, "normalize_after": True},
    "k=4, both ways": {"input_size": 5, "bidirectional": True},
    "k=3, both ways, tanh": {"input_size": 12, "bidirectional": True, "use_tanh": True},
}


@pytest.fixture(scope="module")
def package() -> ModuleType:
    return load_sru()


def twins(package: ModuleType, **settings: Any) -> tuple[nn.Module, nn.Module]:
    """Our cell and the package's with the same weights."""
    torch.manual_seed(0)
    ours = Cell(hidden_size=HIDDEN, **settings).double()
    for parameter in ours.parameters():
        nn.init.normal_(parameter, std=0.7)
    theirs: nn.Module = package.SRUCell(hidden_size=HIDDEN, **settings).double()
    theirs.load_state_dict(ours.state_dict())
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def outcome(cell: nn.Module, inputs: Tensor, state: Tensor, padding: Tensor | None) -> list[Tensor]:
    """Output, last state, and the gradient of everything; the same dropout mask for equal arguments."""
    inputs, state = inputs.clone().requires_grad_(), state.clone().requires_grad_()
    torch.manual_seed(1)
    h, c = cell(inputs, state, padding)
    generator = torch.Generator().manual_seed(2)
    weights = [torch.randn(x.shape, generator=generator, dtype=x.dtype) for x in (h, c)]
    total = (h * weights[0]).sum() + (c * weights[1]).sum()
    return [h, c, *torch.autograd.grad(total, [inputs, state, *cell.parameters()])]


def inputs_of(settings: dict[str, Any], length: int) -> tuple[Tensor, Tensor]:
    torch.manual_seed(3)
    width = HIDDEN * (2 if settings.get("bidirectional") else 1)
    inputs = torch.randn(length, BATCH, settings["input_size"], dtype=torch.double)
    return inputs, torch.randn(BATCH, width, dtype=torch.double)


def _cell(layer: nn.Module) -> dict[str, Tensor]:
    return cast(Layer, layer).cell.state_dict()


@pytest.mark.parametrize("padded", [False, True], ids=["full", "padded"])
@pytest.mark.parametrize("dropout", [0.0, 0.5], ids=["", "dropout"])
@pytest.mark.parametrize("length", [1, 2, 9])
@pytest.mark.parametrize("name", CELLS)
def test_equals_the_package(package: ModuleType, name: str, length: int, dropout: float, padded: bool) -> None:
    settings = CELLS[name] | {"dropout": dropout}
    inputs, state = inputs_of(settings, length)
    lengths = torch.tensor([length, max(1, length - 2), max(1, length // 2)])
    padding = torch.arange(length)[:, None] >= lengths if padded else None
    cells = twins(package, **settings)
    ours, theirs = (outcome(cell, inputs, state, padding) for cell in cells)
    for found, expected in zip(ours, theirs, strict=True):
        torch.testing.assert_close(found, expected)


def test_a_stack_is_the_packages_stack(package: ModuleType) -> None:
    ours = Stack(ArchSettings(cell="sru", layers=12, residual=False), 5, HIDDEN, dropout=0.0).double()
    theirs: nn.Module = package.SRU(5, HIDDEN, num_layers=12).double()
    weights = {f"{i}.{name}": value for i, layer in enumerate(ours.layers) for name, value in _cell(layer).items()}
    theirs.load_state_dict({f"rnn_lst.{name}": value for name, value in weights.items()})
    inputs, _ = inputs_of({"input_size": 5}, length=9)
    torch.testing.assert_close(ours(inputs), theirs(inputs)[0])


def test_weights_that_were_trained_rescaled_are_refused() -> None:
    layer = Layer(HIDDEN, HIDDEN)
    layer.load_state_dict(layer.state_dict())
    with pytest.raises(ValueError, match="cell is an SRU that was trained rescaled"):
        layer.load_state_dict({f"cell.{name}": value for name, value in Cell(HIDDEN, HIDDEN).state_dict().items()})


@pytest.mark.parametrize("name", ["k=4, tanh", "k=3"])
def test_gradients_are_the_slopes(name: str) -> None:
    """Without the package: finite differences of the recurrence alone, dropout and padding included."""
    torch.manual_seed(0)

    def fresh(*shape: int) -> Tensor:
        return torch.randn(*shape, dtype=torch.double).requires_grad_()

    dropout = torch.rand(2, 3, dtype=torch.double)
    options = Options("tanh" in name, dropout, torch.arange(4)[:, None] >= torch.tensor([4, 2]))
    gates = [fresh(4, 2, 3) for _ in range(4)]

    def outcome(*x: Tensor) -> tuple[Tensor, Tensor]:
        return recur(Gates(*x[:4]), x[4], x[5], x[6], options)

    assert torch.autograd.gradcheck(outcome, (*gates, fresh(3), fresh(3), fresh(2, 3)))


def test_a_dropped_out_cell_is_whole_in_evaluation(package: ModuleType) -> None:
    ours, _ = twins(package, input_size=5, dropout=0.5)
    plain, _ = twins(package, input_size=5)
    inputs, state = inputs_of({"input_size": 5}, 4)
    torch.testing.assert_close(ours.eval()(inputs, state), plain.eval()(inputs, state))


def test_half_precision_gates_keep_the_state_in_float32() -> None:
    torch.manual_seed(0)
    gates = [torch.randn(50, 2, 4) for _ in range(4)]
    v = torch.randn(2, 4)
    exact, _ = recur(Gates(*gates), v[0], v[1], torch.zeros(2, 4), Options())
    h, c = recur(Gates(*(gate.bfloat16() for gate in gates)), v[0], v[1], torch.zeros(2, 4), Options())
    assert c.dtype == torch.float32
    torch.testing.assert_close(h.float(), exact, atol=0.05, rtol=0.05)


def test_a_custom_module_gives_the_products(package: ModuleType) -> None:
    class Products(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(5, 4 * HIDDEN)

        def forward(self, inputs: Tensor) -> Tensor:
            return self.linear(inputs)

        def reset_parameters(self) -> None:
            self.linear.reset_parameters()

    inputs, state = inputs_of({"input_size": 5}, 4)
    cells = twins(package, input_size=5, custom_m=Products())
    ours, theirs = (outcome(cell, inputs, state, None) for cell in cells)
    for found, expected in zip(ours, theirs, strict=True):
        torch.testing.assert_close(found, expected)


def test_no_compiler_is_needed_and_nothing_is_built(tmp_path: Path) -> None:
    """A training step in a process that has no compiler on its PATH and may not build an extension."""
    script = """
import shutil, sys, torch
from torch.utils import cpp_extension
def refuse(*_, **__): raise AssertionError("something is being compiled")
cpp_extension.load = cpp_extension.load_inline = refuse
from pipeline.lm.rnn.sru import Layer
assert not any(shutil.which(name) for name in ("cc", "gcc", "g++", "clang", "c++", "ninja"))
layer = Layer(5, 7)
layer(torch.randn(6, 2, 5)).sum().backward()
assert all(p.grad is not None and p.grad.isfinite().all() for p in layer.parameters())
assert "sru.cuda_functional" not in sys.modules
print("trained")
"""
    environment = {"PATH": str(tmp_path), "PYTHONPATH": str(ROOT), "TORCH_EXTENSIONS_DIR": str(tmp_path / "built")}
    command = [sys.executable, "-c", script]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path)
    assert result.stdout.strip() == "trained", result.stderr
    assert os.listdir(tmp_path) == []
