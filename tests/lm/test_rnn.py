"""The architectures, each against its equations step by step; and that the door to further ones is open."""

import math
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn

from benchmarks.sru_package import load_sru
from pipeline.lm.rnn import gru, hgrn2, mingru, rglru, srupp, transformer
from pipeline.lm.rnn.sru.cell import Cell, Layer
from pipeline.lm.rnn.sru.recurrence import recur
from pipeline.lm.settings import NO_CELL, ArchSettings, cells
from pipeline.lm.stack import Stack
from tests.lm.world import CELLS, arch_of

pytestmark = pytest.mark.filterwarnings("ignore:Running SRU on CPU with grad_enabled=True")

LENGTH, BATCH, HIDDEN = 7, 3, 12
HEADS = 3

PARAMETERS: dict[str, Callable[[int, int], int]] = {
    "lstm": lambda x, d: 4 * (x * d + d * d + 2 * d),
    "gru": lambda x, d: 3 * (x * d + d * d + 2 * d),
    "sru": lambda x, d: (3 if x == d else 4) * x * d + 4 * d,
    "srupp": lambda x, d: x * (d // 4) + 2 * (d // 4) ** 2 + (3 if x == d else 4) * d * d // 4 + d // 2 + 1 + 4 * d,
    "rglru": lambda x, d: 2 * x * d + 3 * d * d + 8 * d,
    "hgrn2": lambda x, d: 3 * x * d + d * d + 2 * d,
    "mingru": lambda x, d: 2 * (x * d + d),
    "transformer": lambda x, d: 12 * d * d + 9 * d + (0 if x == d else x * d),
}
"""By the widths of input and layer, with the options of params.yaml; docs/architectures.md has them as formulae."""


def test_every_cell_is_an_architecture_to_choose() -> None:
    assert set(CELLS) == set(cells()) - {NO_CELL}


def test_a_file_is_an_architecture_and_its_layer_says_its_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.lm.settings.CELL_FOLDER", tmp_path)
    (tmp_path / "new.py").write_text("class Layer:\n    def __init__(self, input_size, hidden, *, taps: int): ...\n")
    (tmp_path / "odd.py").write_text("WIDTH = 3\n")
    new = {"cell": "new", "layers": 1, "residual": False}
    assert ArchSettings.model_validate(new | {"options": {"taps": 3}}).options == {"taps": 3}
    with pytest.raises(ValueError, match="expected for cell 'new': taps"):
        ArchSettings.model_validate(new)
    with pytest.raises(ValueError, match="pipeline/lm/rnn/odd has no class Layer"):
        ArchSettings.model_validate(new | {"cell": "odd"})


@pytest.mark.parametrize("input_size", [512, 1024])
@pytest.mark.parametrize("cell", CELLS)
def test_parameters_are_as_many_as_said(cell: str, input_size: int) -> None:
    with torch.device("meta"):
        layer = import_module(f"pipeline.lm.rnn.{cell}").Layer(input_size, 1024, **CELLS[cell])
    assert sum(parameter.numel() for parameter in layer.parameters()) == PARAMETERS[cell](input_size, 1024)


def inputs_of(width: int, length: int = LENGTH) -> Tensor:
    return torch.randn(length, BATCH, width, generator=torch.Generator().manual_seed(0), dtype=torch.double)


def randomise(layer: nn.Module) -> None:
    torch.manual_seed(1)
    for parameter in layer.double().parameters():
        nn.init.normal_(parameter, std=0.5)


def assert_alike(layer: nn.Module, slow: Callable[[Tensor], Tensor], inputs: Tensor) -> None:
    """The same outputs, and the same gradients of the input and of every parameter."""
    outcomes = []
    for function in (layer, slow):
        x = inputs.clone().requires_grad_()
        outputs = function(x)
        weights = torch.arange(outputs.numel(), dtype=torch.double).view_as(outputs).sin()
        outcomes.append([outputs, *torch.autograd.grad((outputs * weights).sum(), [x, *layer.parameters()])])
    for ours, expected in zip(*outcomes, strict=True):
        torch.testing.assert_close(ours, expected)


SRUS: dict[str, dict[str, Any]] = {
    "k=4": {"input_size": 5},
    "k=3": {"input_size": HIDDEN},
    "other first values": {"input_size": 5, "highway_bias": -2.0, "weight_c_init": 1.0},
}


@pytest.mark.parametrize("length", [1, 2, 9])
@pytest.mark.parametrize("name", SRUS)
def test_sru_begins_as_the_package_does_and_equals_it(name: str, length: int) -> None:
    settings = SRUS[name]
    torch.manual_seed(0)
    ours = Cell(hidden=HIDDEN, **settings)
    torch.manual_seed(0)
    theirs = load_sru().SRUCell(hidden_size=HIDDEN, rescale=False, **settings)
    first, reference = ours.state_dict(), theirs.state_dict()
    assert list(first) == list(reference) and all(torch.equal(first[key], reference[key]) for key in first)
    randomise(ours)
    theirs.double()
    theirs.weight, theirs.weight_c, theirs.bias = ours.weight, ours.weight_c, ours.bias
    assert_alike(ours, lambda inputs: theirs(inputs)[0], inputs_of(settings["input_size"], length))


def test_a_stack_of_srus_is_the_packages_stack() -> None:
    ours = Stack(arch_of("sru", layers=12), 5, HIDDEN, dropout=0.0).double()
    theirs: nn.Module = load_sru().SRU(5, HIDDEN, num_layers=12).double()
    cells = [cast(Layer, layer).cell.state_dict() for layer in ours.layers]
    weights = {f"rnn_lst.{i}.{name}": value for i, cell in enumerate(cells) for name, value in cell.items()}
    theirs.load_state_dict(weights)
    torch.testing.assert_close(ours(inputs_of(5)), theirs(inputs_of(5))[0])


def test_weights_of_an_sru_that_was_trained_rescaled_are_refused() -> None:
    layer = Layer(HIDDEN, HIDDEN)
    layer.load_state_dict(layer.state_dict())
    rescaled = load_sru().SRUCell(HIDDEN, HIDDEN).state_dict()
    with pytest.raises(ValueError, match="cell is an SRU that was trained rescaled"):
        layer.load_state_dict({f"cell.{name}": value for name, value in rescaled.items()})


def test_half_precision_gates_keep_the_state_in_float32() -> None:
    torch.manual_seed(0)
    u, f, r, x = torch.randn(4, 50, 2, 4).bfloat16()
    v = torch.randn(2, 4)
    exact = recur(u.float(), f.float(), r.float(), x.float(), v)
    torch.testing.assert_close(recur(u, f, r, x, v).float(), exact, atol=0.01, rtol=0.01)


def look_back(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """What the last of the rows (t, width) sees of them, (width,): a weighted sum, weight by weight."""
    weights = [math.e ** (query[-1] @ k / math.sqrt(query.shape[1])) for k in key]
    return sum((w * v for w, v in zip(weights, value, strict=True)), torch.zeros_like(value[0])) / sum(weights)


def attend(query: Tensor, key: Tensor, value: Tensor, heads: int) -> Tensor:
    """Causal attention of one text, (length, width) each, to (length, width)."""
    split = [tensor.chunk(heads, -1) for tensor in (query, key, value)]
    rows = [
        torch.cat([look_back(*(part[: t + 1] for part in head)) for head in zip(*split, strict=True)])
        for t in range(len(query))
    ]
    return torch.stack(rows)


@pytest.mark.parametrize("length", [1, 2, 9])
def test_gru_equals_torchs(length: int) -> None:
    layer = gru.Layer(5, HIDDEN)
    randomise(layer)
    assert_alike(layer, lambda inputs: layer.rnn(inputs)[0], inputs_of(5, length))


@pytest.mark.parametrize("input_size", [5, HIDDEN])
def test_rglru_equals_a_slow_loop(input_size: int) -> None:
    layer = rglru.Layer(input_size, HIDDEN)
    randomise(layer)

    def slow(inputs: Tensor) -> Tensor:
        entered, state, outputs = inputs @ layer.enter.weight.T, torch.zeros(BATCH, HIDDEN, dtype=torch.double), []
        weights, biases = layer.reset_input.weight.chunk(2), layer.reset_input.bias.chunk(2)
        for t, x in enumerate(inputs):
            u = layer.shift + sum(layer.taps[-1 - back] * entered[t - back] for back in range(min(t + 1, 4)))
            r, i = ((u @ weight.T + bias).sigmoid() for weight, bias in zip(weights, biases, strict=True))
            a = layer.decay.exp().add(1) ** (-8 * r)  # exp(-8 softplus(Lambda) r)
            state = a * state + (1 - a**2).sqrt() * i * u
            gate = x @ layer.gate.weight.T
            outputs.append((gate * 0.5 * (1 + torch.erf(gate / math.sqrt(2))) * state) @ layer.leave.weight.T)
        return torch.stack(outputs)

    assert_alike(layer, slow, inputs_of(input_size))


def test_rglru_begins_with_long_memories() -> None:
    torch.manual_seed(0)
    kept = (-8 * nn.functional.softplus(rglru.Layer(5, 1000).decay)).exp()
    assert 0.9 <= kept.min() < 0.902 and 0.997 < kept.max() <= 0.999


@pytest.mark.parametrize("length", [1, 16, 35])
@pytest.mark.parametrize("heads", [1, HEADS, 5])
def test_hgrn2_equals_a_slow_loop(heads: int, length: int) -> None:
    """5 heads do not divide 12: they are three wide, 15 in all."""
    layer = hgrn2.Layer(5, HIDDEN, heads=heads)
    randomise(layer)
    width = layer.bound.numel() // heads

    def slow(inputs: Tensor) -> Tensor:
        states, outputs = torch.zeros(BATCH, heads, width, width, dtype=torch.double), []
        for x in inputs:
            forget, query, value = (x @ layer.enter.weight.T).view(BATCH, 3, heads, width).unbind(1)
            least = layer.bound.sigmoid().view(heads, width)
            f = least + (1 - least) * forget.sigmoid()
            query, value = query * query.sigmoid(), value * value.sigmoid()
            states = f[..., None] * states + (1 - f)[..., None] * value[..., None, :]
            seen = (query[..., None] * states).sum(-2).flatten(1)
            normal = seen / (seen.square().mean(-1, keepdim=True) + torch.finfo(torch.double).eps).sqrt()
            outputs.append((normal * layer.norm.weight) @ layer.leave.weight.T)
        return torch.stack(outputs)

    assert_alike(layer, slow, inputs_of(5, length))


def test_hgrn2_stays_finite_where_everything_is_forgotten() -> None:
    layer = hgrn2.Layer(5, HIDDEN, heads=1)
    with torch.no_grad():
        layer.bound.fill_(-100)
        layer.enter.weight[:HIDDEN] = -1e3
    inputs = inputs_of(5, 40).float().abs().requires_grad_()
    layer(inputs).square().sum().backward()
    gradients = [inputs.grad, *(parameter.grad for parameter in layer.parameters())]
    assert all(gradient is not None and gradient.isfinite().all() for gradient in gradients)


@pytest.mark.parametrize("input_size", [5, HIDDEN])
def test_mingru_equals_a_slow_loop(input_size: int) -> None:
    layer = mingru.Layer(input_size, HIDDEN)
    randomise(layer)

    def slow(inputs: Tensor) -> Tensor:
        state, outputs = torch.zeros(BATCH, HIDDEN, dtype=torch.double), []
        for x in inputs:
            z = 1 - layer.forget(x).sigmoid()
            state = (1 - z) * state + z * layer.candidate(x)
            outputs.append(state)
        return torch.stack(outputs)

    assert_alike(layer, slow, inputs_of(input_size))


class SlowAttention(nn.Module):
    """Lei 2021, section 3, for one text after the other."""

    def __init__(self, fast: srupp.Attention) -> None:
        super().__init__()
        self.fast = fast

    def forward(self, inputs: Tensor) -> Tensor:
        return torch.stack([self._one(text) for text in inputs.unbind(1)], 1)

    def _one(self, text: Tensor) -> Tensor:
        query = text @ self.fast.query.weight.T
        key, value = (query @ weight.T for weight in self.fast.key_value.weight.chunk(2))
        mixed = query + self.fast.alpha * attend(query, key, value, self.fast.heads)
        centred = mixed - mixed.mean(-1, keepdim=True)
        normal = centred / (centred.square().mean(-1, keepdim=True) + self.fast.norm.eps).sqrt()
        return (normal * self.fast.norm.weight + self.fast.norm.bias) @ self.fast.output.weight.T

    def reset_parameters(self) -> None:
        """The package asks for one."""


@pytest.mark.parametrize("heads", [1, HEADS])
@pytest.mark.parametrize("input_size", [5, HIDDEN])
def test_srupp_equals_slow_attention_in_the_packages_cell(input_size: int, heads: int) -> None:
    layer = srupp.Layer(input_size, HIDDEN, heads=heads, ratio=2)
    randomise(layer)
    slow = SlowAttention(cast(srupp.Attention, layer.cell.custom_m))
    theirs = load_sru().SRUCell(input_size, HIDDEN, custom_m=slow, rescale=False).double()
    theirs.weight_c, theirs.bias = layer.cell.weight_c, layer.cell.bias
    assert_alike(layer, lambda inputs: theirs(inputs)[0], inputs_of(input_size))


def test_srupp_begins_without_attention() -> None:
    layer = srupp.Layer(5, HIDDEN, heads=1, ratio=4)
    attention, inputs = cast(srupp.Attention, layer.cell.custom_m), inputs_of(5).float()
    torch.testing.assert_close(attention(inputs), attention.output(attention.norm(attention.query(inputs))))
    assert attention.alpha.item() == 0


@pytest.mark.parametrize("heads", [1, HEADS, 5])
@pytest.mark.parametrize("input_size", [5, HIDDEN])
def test_transformer_equals_a_slow_loop(input_size: int, heads: int) -> None:
    """5 heads do not divide 12: they are four wide, 20 in all."""
    layer = transformer.Layer(input_size, HIDDEN, heads=heads, expansion=2)
    randomise(layer)
    attention = layer.attention

    def turn(rows: Tensor) -> Tensor:
        """Rotary positions as complex numbers (Su et al. 2021), head by head."""
        heads_turned = []
        for head in rows.chunk(heads, -1):
            half = head.shape[1] // 2
            numbers = torch.complex(*head.chunk(2, -1))
            for t in range(LENGTH):
                angles = [t * 10_000 ** (-i / half) for i in range(half)]
                factors = torch.tensor([complex(math.cos(a), math.sin(a)) for a in angles], dtype=torch.cdouble)
                numbers = torch.cat([numbers[:t], numbers[t : t + 1] * factors, numbers[t + 1 :]])
            heads_turned.append(torch.cat([numbers.real, numbers.imag], -1))
        return torch.cat(heads_turned, -1)

    def one(text: Tensor) -> Tensor:
        x = layer.entrance(text)
        query, key, value = attention.query_key_value(attention.norm(x)).chunk(3, -1)
        y = x + attend(turn(query), turn(key), value, heads) @ attention.output.weight.T
        norm, widen, _, narrow = layer.feedforward
        wide = widen(norm(y))
        return y + narrow(wide * 0.5 * (1 + torch.erf(wide / math.sqrt(2))))

    assert_alike(layer, lambda inputs: torch.stack([one(text) for text in inputs.unbind(1)], 1), inputs_of(input_size))


def test_what_two_positions_say_depends_on_their_distance() -> None:
    """Not on where they are: the same two rows, 3 apart, at the beginning and further on."""
    query, key = torch.randn(2, 1, 8, generator=torch.Generator().manual_seed(0), dtype=torch.double)
    products = [
        transformer.rotate(query.expand(20, 8))[t + 3] @ transformer.rotate(key.expand(20, 8))[t] for t in (0, 1, 16)
    ]
    torch.testing.assert_close(torch.stack(products), products[0].expand(3))
    assert not torch.isclose(products[0], query[0] @ key[0])
