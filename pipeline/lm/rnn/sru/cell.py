"""A simple recurrent unit (Lei et al. 2018): the parameters of `sru.SRUCell`, so that weights interchange both ways."""

import sys
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from pipeline.lm.rnn.sru.recurrence import recur


def _import_cell() -> type[nn.Module]:
    """`sru.SRUCell`, without the C++ operators that `import sru` builds: it takes `sru.ops` for granted."""
    if "sru.ops" not in sys.modules:
        stub = ModuleType("sru.ops")
        for name in ("elementwise_recurrence_inference", "elementwise_recurrence_gpu", "elementwise_recurrence_naive"):
            setattr(stub, name, None)
        sys.modules["sru.ops"] = stub
    from sru import SRUCell

    return SRUCell


class Cell(_import_cell()):  # type: ignore[misc]
    """`sru.SRUCell` of one direction, whose arithmetic needs no compiler: the same values and gradients.

    It is not rescaled, as the layers of `sru.SRU` are not. A bare `SRUCell` multiplies its highway by 1.73; twelve
    layers that let their input pass multiply it by 700, and training diverges.
    """

    def __init__(self, input_size: int, hidden: int, **options: Any) -> None:
        """`options` are those of `sru.SRUCell`, such as `custom_m`, which makes the products instead of a matrix."""
        super().__init__(input_size, hidden, rescale=False, **options)

    def forward(self, inputs: Tensor) -> Tensor:
        """(length, batch, input_size) to (length, batch, hidden)."""
        products = self._multiply(inputs) if self.custom_m is None else self._split(self.custom_m(inputs))
        candidate, forget, reset, *highway = products  # (length, batch, hidden) each
        return recur(candidate, forget, reset, highway[0] if highway else inputs, self.weight_c.view(2, -1))

    def _multiply(self, inputs: Tensor) -> list[Tensor]:
        """The products of the inputs and the matrix: U, F, R and x', with the biases of F and R.

        In the package's weight, the index of the product runs fastest. Here every gate is contiguous; to that end the
        weight is permuted and not the products, which are larger.
        """
        rows = inputs.flatten(0, 1)  # (length * batch, input_size)
        weights = self.weight.view(-1, self.hidden_size, self.num_matrices)
        weights = weights.permute(2, 0, 1).contiguous()  # (products, input_size, hidden)
        biases = [None, *self.bias.chunk(2), None]
        gates = [
            torch.mm(rows, weight) if bias is None else torch.addmm(bias, rows, weight)
            for weight, bias in zip(weights, biases, strict=False)
        ]
        return [gate.view(*inputs.shape[:2], -1) for gate in gates]

    def _split(self, products: Tensor) -> list[Tensor]:
        """Split the output of `custom_m`, (length, batch, hidden * products), into the products of `_multiply`."""
        products = products.unflatten(-1, (self.hidden_size, self.num_matrices)).movedim(-1, 0)
        candidate, forget, reset, *highway = products.contiguous().unbind()
        forget_bias, reset_bias = self.bias.to(products.dtype).chunk(2)
        return [candidate, forget + forget_bias, reset + reset_bias, *highway]


class Layer(nn.Module):
    """One layer of one direction; parameters k d_in d + 4 d, with k = 3 where d_in = d and 4 otherwise."""

    def __init__(self, input_size: int, hidden: int) -> None:
        super().__init__()
        self.cell = Cell(input_size, hidden)
        self.register_load_state_dict_pre_hook(_refuse_rescaled)

    def forward(self, inputs: Tensor) -> Tensor:
        """(length, batch, input_size) to (length, batch, hidden), from a zero state."""
        return self.cell(inputs)


def _refuse_rescaled(layer: nn.Module, state: dict[str, Tensor], prefix: str, *_: Any) -> None:
    """Refuse weights of a rescaled layer, as earlier versions trained them: they mean something else here."""
    if state[f"{prefix}cell.scale_x"].item() != 1:
        raise ValueError(f"{prefix}cell is an SRU that was trained rescaled, by an earlier version")
