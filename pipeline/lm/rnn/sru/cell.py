"""A simple recurrent unit (Lei et al. 2018), with the names and first values of the `sru` package's parameters."""

import math
from typing import Any

import torch
from torch import Tensor, nn

from pipeline.lm.rnn.sru.recurrence import recur


class Cell(nn.Module):
    """`sru.SRUCell` of one direction with `rescale=False`: the same values and gradients, and weights interchange.

    By default `SRUCell` multiplies what bypasses a layer by 1.73, which `sru.SRU` turns off too: twelve layers make 700
    of that as soon as they let it pass, and their training diverges.
    """

    def __init__(
        self,
        input_size: int,
        hidden: int,
        custom_m: nn.Module | None = None,
        highway_bias: float = 0.0,
        weight_c_init: float | None = None,
    ) -> None:
        """`custom_m` makes the products instead of a matrix; `weight_c_init` bounds the first values of `weight_c`."""
        super().__init__()
        self.hidden = hidden
        self.products = 3 if input_size == hidden else 4
        if custom_m is None:
            bound = math.sqrt(3 / input_size)
            self.weight = nn.Parameter(torch.empty(input_size, hidden * self.products).uniform_(-bound, bound))
        self.weight_c = nn.Parameter(torch.empty(2 * hidden))  # v_f, then v_r
        self.bias = nn.Parameter(torch.zeros(2 * hidden))  # of F, then of R
        self.register_buffer("scale_x", torch.ones(1))  # kept with the weights: they are those of a cell not rescaled
        self.custom_m = custom_m
        with torch.no_grad():
            self.bias[hidden:] = highway_bias
            if weight_c_init is None:
                self.weight_c.uniform_(-math.sqrt(3), math.sqrt(3)).mul_(math.sqrt(0.5))
            else:
                self.weight_c.uniform_(-weight_c_init, weight_c_init)
            if custom_m is None:
                self.weight.view(input_size, hidden, self.products)[..., 1:3] *= math.sqrt(0.5)  # F and R

    def forward(self, inputs: Tensor) -> Tensor:
        """(length, batch, input_size) to (length, batch, hidden)."""
        products = self._multiply(inputs) if self.custom_m is None else self._split(self.custom_m(inputs))
        candidate, forget, reset, *highway = products  # (length, batch, hidden) each
        return recur(candidate, forget, reset, highway[0] if highway else inputs, self.weight_c.view(2, -1))

    def _multiply(self, inputs: Tensor) -> list[Tensor]:
        """The products of the inputs and the matrix, of U, F, R and x', with the biases of F and R.

        In the weight, as the package has it, the product's number runs fastest. Here every gate is contiguous, for
        which the weight is permuted and not the products, which are larger.
        """
        rows = inputs.flatten(0, 1)  # (length * batch, input_size)
        weights = self.weight.view(-1, self.hidden, self.products)
        weights = weights.permute(2, 0, 1).contiguous()  # (products, input_size, hidden)
        biases = [None, *self.bias.chunk(2), None]
        gates = [
            torch.mm(rows, weight) if bias is None else torch.addmm(bias, rows, weight)
            for weight, bias in zip(weights, biases, strict=False)
        ]
        return [gate.view(*inputs.shape[:2], -1) for gate in gates]

    def _split(self, products: Tensor) -> list[Tensor]:
        """What `custom_m` gives, (length, batch, hidden * products), to the same as from `_multiply`."""
        products = products.unflatten(-1, (self.hidden, self.products)).movedim(-1, 0)
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
    """Weights of a layer that was rescaled, as in an earlier version, mean something else here."""
    if state[f"{prefix}cell.scale_x"].item() != 1:
        raise ValueError(f"{prefix}cell is an SRU that was trained rescaled, by an earlier version")
