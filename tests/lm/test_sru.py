"""Our cell against the package's own, value by value and gradient by gradient."""

from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn

from benchmarks.sru_package import load_sru
from pipeline.lm.rnn.sru.cell import Cell, Layer
from pipeline.lm.rnn.sru.recurrence import recur
from pipeline.lm.settings import ArchSettings
from pipeline.lm.stack import Stack

pytestmark = pytest.mark.filterwarnings("ignore:Running SRU on CPU with grad_enabled=True")

HIDDEN, BATCH = 6, 3


class Products(nn.Linear):
    """In the place of the matrix; the package has it draw its weights once more."""

    def __init__(self) -> None:
        super().__init__(5, 4 * HIDDEN)


CELLS: dict[str, dict[str, Any]] = {
    "k=4": {"input_size": 5},
    "k=3": {"input_size": 6},
    "first values of its own": {"input_size": 5, "highway_bias": -2.0, "weight_c_init": 1.0},
}


def twins(settings: dict[str, Any]) -> tuple[nn.Module, nn.Module]:
    """Our cell and the package's, from the same seed."""
    torch.manual_seed(0)
    ours = Cell(hidden=HIDDEN, **settings)
    torch.manual_seed(0)
    return ours, load_sru().SRUCell(hidden_size=HIDDEN, rescale=False, **settings)


def assert_alike(ours: nn.Module, theirs: nn.Module, length: int) -> None:
    """The same outputs, and the same gradient of everything, with the same weights."""
    for parameter in ours.double().parameters():
        nn.init.normal_(parameter, std=0.7)
    theirs.double().load_state_dict(ours.state_dict())
    outcomes = []
    inputs = torch.randn(length, BATCH, 5 if ours.num_matrices == 4 else HIDDEN, dtype=torch.double, requires_grad=True)
    weights = torch.randn(length, BATCH, HIDDEN, dtype=torch.double)
    for outputs, cell in ((ours(inputs), ours), (theirs(inputs)[0], theirs)):
        named = dict(cell.named_parameters())
        gradients = torch.autograd.grad((outputs * weights).sum(), [inputs, *named.values()])
        outcomes.append({"outputs": outputs, **dict(zip(["inputs", *named], gradients, strict=True))})
    torch.testing.assert_close(*outcomes)


@pytest.mark.parametrize("length", [1, 2, 9])
@pytest.mark.parametrize("name", CELLS)
def test_equals_the_package(name: str, length: int) -> None:
    assert_alike(*twins(CELLS[name]), length)


@pytest.mark.parametrize("name", CELLS)
def test_begins_as_the_package_does(name: str) -> None:
    ours, theirs = (cell.state_dict() for cell in twins(CELLS[name]))
    assert list(ours) == list(theirs) and all(torch.equal(ours[key], theirs[key]) for key in ours)


def test_a_custom_module_gives_the_products() -> None:
    ours, theirs = (
        Cell(5, HIDDEN, custom_m=Products()),
        load_sru().SRUCell(5, HIDDEN, rescale=False, custom_m=Products()),
    )
    assert_alike(ours, theirs, length=4)


def test_a_stack_is_the_packages_stack() -> None:
    ours = Stack(ArchSettings(cell="sru", layers=12, residual=False), 5, HIDDEN, dropout=0.0).double()
    theirs: nn.Module = load_sru().SRU(5, HIDDEN, num_layers=12).double()
    cells = [cast(Layer, layer).cell.state_dict() for layer in ours.layers]
    theirs.load_state_dict(
        {f"rnn_lst.{i}.{name}": value for i, cell in enumerate(cells) for name, value in cell.items()}
    )
    inputs = torch.randn(9, BATCH, 5, dtype=torch.double)
    torch.testing.assert_close(ours(inputs), theirs(inputs)[0])


def test_weights_that_were_trained_rescaled_are_refused() -> None:
    layer = Layer(HIDDEN, HIDDEN)
    layer.load_state_dict(layer.state_dict())
    rescaled = load_sru().SRUCell(HIDDEN, HIDDEN).state_dict()
    with pytest.raises(ValueError, match="cell is an SRU that was trained rescaled"):
        layer.load_state_dict({f"cell.{name}": value for name, value in rescaled.items()})


@pytest.mark.parametrize("highway", [True, False])
def test_gradients_are_the_slopes(highway: bool) -> None:
    """Without the package: finite differences of the recurrence alone."""
    torch.manual_seed(0)
    *gates, last = (torch.randn(4, 2, 3, dtype=torch.double, requires_grad=True) for _ in range(4))
    v = torch.randn(2, 3, dtype=torch.double, requires_grad=True)
    arguments: list[Tensor | None] = [*gates, last if highway else None, v]
    assert torch.autograd.gradcheck(recur, tuple(arguments))  # type: ignore[arg-type]


def test_half_precision_gates_keep_the_state_in_float32() -> None:
    torch.manual_seed(0)
    u, f, r, x = torch.randn(4, 50, 2, 4).bfloat16()
    v = torch.randn(2, 4)
    rounded = recur(u, f, r, x, v)
    exact = recur(u.float(), f.float(), r.float(), x.float(), v)
    torch.testing.assert_close(rounded.float(), exact, atol=0.01, rtol=0.01)
