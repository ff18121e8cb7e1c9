"""Simple recurrent unit (Lei et al. 2018), the `sru` package's cell with a recurrence in plain torch.

The package compiles C++ when it is imported and, in training on a CPU, runs a loop whose backward pass grows with the
square of the length. Its parameters and its meaning are kept; its operators are never loaded.
"""

import sys
from types import ModuleType

import torch
from torch import Tensor, nn


def _import_cell() -> type[nn.Module]:
    """`sru.SRUCell`, without the compilation that `import sru` starts."""
    if "sru.ops" not in sys.modules:
        stub = ModuleType("sru.ops")
        for name in ("elementwise_recurrence_inference", "elementwise_recurrence_gpu", "elementwise_recurrence_naive"):
            setattr(stub, name, None)
        sys.modules["sru.ops"] = stub
    from sru import SRUCell

    return SRUCell


class Cell(_import_cell()):  # type: ignore[misc]
    """`sru.SRUCell` whose recurrence needs no compiler: the same parameters, the same values."""

    def apply_recurrence(
        self,
        U: Tensor,
        V: Tensor,
        residual: Tensor,
        c0: Tensor,
        scale_val: Tensor | None,
        mask_c: Tensor | None,
        mask_pad: Tensor | None,
    ) -> tuple[Tensor, Tensor]:
        """Equations 1 to 4 of Lei et al. 2018, with the gates' dependence on the previous state.

        U is (length * batch, hidden * k) with k fastest; residual (length, batch, input_size); c0 (batch, hidden).
        Returns the output (length, batch, hidden) and the last state (batch, hidden).
        """
        assert mask_c is None and mask_pad is None and self.activation == "none" and not self.bidirectional
        length, batch, _ = residual.shape
        # The state in float32 under autocast too: it sums over the whole text.
        U, residual, c0 = (x.to(torch.promote_types(x.dtype, torch.float32)) for x in (U, residual, c0))
        u = U.view(length, batch, self.hidden_size, self.num_matrices)
        forget_v, reset_v = V.chunk(2)
        forget_b, reset_b = self.bias.chunk(2)
        states = [c0]
        # Only the state runs through time; unbind keeps the backward pass linear in the length.
        for candidate, forget_u in zip(u[..., 0].unbind(), (u[..., 1] + forget_b).unbind(), strict=True):
            forget = torch.addcmul(forget_u, forget_v, states[-1]).sigmoid()
            states.append(torch.lerp(candidate, states[-1], forget))
        c = torch.stack(states)  # (length + 1, batch, hidden)
        reset = (u[..., 2] + reset_b + reset_v * c[:-1]).sigmoid()
        highway = u[..., 3] if self.num_matrices == 4 else residual * (1 if scale_val is None else scale_val)
        return torch.lerp(highway, c[1:], reset), c[-1]


class Layer(nn.Module):
    """One layer of one direction; parameters k d_in d + 4 d, with k = 3 where d_in = d and 4 otherwise."""

    def __init__(self, input_size: int, hidden: int) -> None:
        super().__init__()
        self.cell = Cell(input_size, hidden)

    def forward(self, inputs: Tensor) -> Tensor:
        """(length, batch, input_size) to (length, batch, hidden), from a zero state."""
        return self.cell(inputs)[0]
