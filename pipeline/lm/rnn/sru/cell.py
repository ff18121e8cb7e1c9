"""The parameters of a simple recurrent unit: `sru.SRUCell`'s, so that weights interchange both ways."""

import sys
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from pipeline.lm.rnn.sru.recurrence import Gates, Options, recur, turn


def _import_cell() -> type[nn.Module]:
    """`sru.SRUCell`, without the two C++ operators that `import sru` builds: it takes `sru.ops` for granted."""
    if "sru.ops" not in sys.modules:
        stub = ModuleType("sru.ops")
        for name in ("elementwise_recurrence_inference", "elementwise_recurrence_gpu", "elementwise_recurrence_naive"):
            setattr(stub, name, None)
        sys.modules["sru.ops"] = stub
    from sru import SRUCell

    return SRUCell


class Cell(_import_cell()):  # type: ignore[misc]
    """`sru.SRUCell` whose arithmetic needs no compiler: the same parameters, the same values and gradients."""

    def compute_U(self, input: Tensor) -> list[Tensor]:
        """The k = 3 or 4 matrix products of (length, batch, input_size), biases added, in the order of `Gates`.

        Each is (length, batch, output_size). The package gives one tensor with k fastest; here every gate is
        contiguous, for which the weight is permuted and not U.
        """
        input = input if input.dim() == 3 else input.unsqueeze(0)
        if self.weight_proj is not None:
            input = input @ self.weight_proj
        rows = input.flatten(0, 1)  # (length * batch, width of the weight)
        weights = self.weight.view(-1, self.output_size, self.num_matrices)
        weights = weights.permute(2, 0, 1).contiguous()  # (k, width of the weight, output_size)
        forget_bias, reset_bias = self.bias.chunk(2)
        biases = [None, forget_bias, reset_bias, None][: self.num_matrices]
        products = [
            torch.mm(rows, weight) if bias is None else torch.addmm(bias, rows, weight)
            for weight, bias in zip(weights, biases, strict=True)
        ]
        return [product.view(*input.shape[:2], -1) for product in products]

    def apply_recurrence(
        self,
        U: list[Tensor] | Tensor,
        V: Tensor,
        residual: Tensor,
        c0: Tensor,
        scale_val: Tensor | None,
        mask_c: Tensor | None,
        mask_pad: Tensor | None,
    ) -> tuple[Tensor, Tensor]:
        """What the package computes here, see `recurrence`; U may also be a custom module's, with k fastest.

        Masks are (batch, output_size), and (length, batch) with True at padding. Returns h (length, batch, output_size)
        and the last c (batch, output_size); in each, the second direction after the first.
        """
        if V.dim() > 1:
            raise ValueError("a custom_m that gives gate coefficients for every step is not supported, only U")
        residual = residual if residual.dim() == 3 else residual.unsqueeze(0)
        gates = self._gates(U, residual, scale_val)
        v_forget, v_reset = V.chunk(2)
        padding = None if mask_pad is None else mask_pad.view(residual.shape[:2]).bool()
        if not self.bidirectional:
            return recur(gates, v_forget, v_reset, c0, Options(self.activation == "tanh", mask_c, padding))
        outputs = []
        for direction in range(2):
            half = slice(direction * self.hidden_size, (direction + 1) * self.hidden_size)
            options = Options(
                tanh=self.activation == "tanh",
                dropout=None if mask_c is None else mask_c[:, half],
                padding=None if padding is None else turn(padding, direction),
            )
            h, c = recur(gates.part(half, direction), v_forget[half], v_reset[half], c0[:, half], options)
            outputs.append((turn(h, direction), c))
        return torch.cat([h for h, _ in outputs], -1), torch.cat([c for _, c in outputs], -1)

    def _gates(self, U: list[Tensor] | Tensor, residual: Tensor, scale: Tensor | None) -> Gates:
        if isinstance(U, Tensor):
            forget_bias, reset_bias = self.bias.to(U.dtype).chunk(2)
            slowest = U.view(*residual.shape[:2], self.output_size, self.num_matrices).movedim(-1, 0)
            products = list(slowest.contiguous().unbind())  # k of (length, batch, output_size), as of `compute_U`
            products[1], products[2] = products[1] + forget_bias, products[2] + reset_bias
        else:
            products = U
        candidate, forget, reset, *highway = products
        if self.has_skip_term and not highway:
            highway = [residual if scale is None else residual * scale]
        return Gates(candidate, forget, reset, highway[0] if highway else None)


class Layer(nn.Module):
    """One layer of one direction; parameters k d_in d + 4 d, with k = 3 where d_in = d and 4 otherwise.

    Not rescaled, as the layers of `sru.SRU` are not: `SRUCell` by itself multiplies what bypasses it by 1.73, which
    twelve layers make 700 as soon as they let it pass, and their training diverges.
    """

    def __init__(self, input_size: int, hidden: int) -> None:
        super().__init__()
        self.cell = Cell(input_size, hidden, rescale=False)
        self.register_load_state_dict_pre_hook(_refuse_rescaled)

    def forward(self, inputs: Tensor) -> Tensor:
        """(length, batch, input_size) to (length, batch, hidden), from a zero state."""
        return self.cell(inputs)[0]


def _refuse_rescaled(layer: nn.Module, state: dict[str, Tensor], prefix: str, *_: Any) -> None:
    """Weights of a layer that was rescaled, as those of an earlier version were, mean something else here."""
    if state[f"{prefix}cell.scale_x"].item() != 1:
        raise ValueError(f"{prefix}cell is an SRU that was trained rescaled, by an earlier version")
