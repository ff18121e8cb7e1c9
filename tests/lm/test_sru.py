"""Our recurrence against the package's own, value by value and gradient by gradient."""

import importlib.util
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.utils.cpp_extension

from pipeline.lm.rnn.sru import Cell


@pytest.fixture(scope="module")
def package_recurrence() -> Callable[..., tuple[torch.Tensor, torch.Tensor]]:
    """`elementwise_recurrence_naive` of the sru package, loaded without its compilation."""
    import sru

    assert sru.__file__
    path = Path(sru.__file__).parent / "ops.py"
    spec = importlib.util.spec_from_file_location("sru._oracle", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.utils.cpp_extension, "load", lambda **_: None)
        # ops.py imports the CUDA wrapper, which compiles too; only the Python loop is wanted.
        patch.setitem(sys.modules, "sru.cuda_functional", _stub())
        patch.setattr(torch.jit, "script", lambda function: function)
        spec.loader.exec_module(module)
    return module.elementwise_recurrence_naive


def _stub() -> object:
    class Stub:
        elementwise_recurrence_forward = None

    return Stub


@pytest.mark.parametrize("input_size", [5, 7], ids=["k4", "k3"])
@pytest.mark.parametrize("length", [1, 2, 9])
def test_equals_the_package(package_recurrence, input_size: int, length: int) -> None:  # type: ignore[no-untyped-def]
    torch.manual_seed(0)
    cell = Cell(input_size, 7).double()
    inputs = torch.randn(length, 3, input_size, dtype=torch.double, requires_grad=True)
    ours = cell(inputs)[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = package_recurrence(
            cell.compute_U(inputs), inputs, cell.weight_c, cell.bias, torch.zeros(3, 7, dtype=torch.double),
            0, 7, False, True, cell.scale_x,
        )[0]  # fmt: skip
    torch.testing.assert_close(ours, theirs)
    weights = torch.randn_like(ours)
    parameters = [inputs, cell.weight, cell.weight_c, cell.bias]
    for ours_gradient, theirs_gradient in zip(
        torch.autograd.grad((ours * weights).sum(), parameters),
        torch.autograd.grad((theirs * weights).sum(), parameters),
        strict=True,
    ):
        torch.testing.assert_close(ours_gradient, theirs_gradient)


def test_no_operator_is_compiled() -> None:
    assert "sru.cuda_functional" not in sys.modules, "importing the cell must not build anything"
