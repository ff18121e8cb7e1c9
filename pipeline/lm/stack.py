"""The recurrent stack of one direction, of any architecture."""

from importlib import import_module
from itertools import pairwise

from torch import Tensor, nn

from pipeline.lm.settings import ArchSettings


class Stack(nn.Module):
    """`arch.layers` recurrent layers with dropout between them.

    With `arch.residual`, y = layer(x) + x. Where the widths differ, as in the paper's first layer (512 to 1024), it is
    layer(x) + W x, a projection shortcut (He et al. 2016, equation 2; an SRU's fourth matrix is the same). ELMo has no
    shortcut around that layer; but then nothing would carry the char-CNN's vectors past it, and that is the question.
    """

    def __init__(self, arch: ArchSettings, input_size: int, hidden: int, dropout: float) -> None:
        super().__init__()
        sizes = [input_size] + [hidden] * arch.layers
        layer = import_module(f"pipeline.lm.rnn.{arch.cell}").Layer
        self.layers = nn.ModuleList(layer(size, hidden, **arch.options) for size in sizes[:-1])
        self.shortcuts = nn.ModuleList(
            nn.Identity() if below == above else nn.Linear(below, above, bias=False)
            for below, above in pairwise(sizes)
            if arch.residual
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, inputs: Tensor) -> Tensor:
        """(length, batch, input_size) to the top layer's (length, batch, hidden)."""
        return self.outputs(inputs)[-1]

    def outputs(self, inputs: Tensor) -> list[Tensor]:
        """The input, and every layer's output from the lowest up, (length, batch, hidden) each."""
        outputs = [inputs]
        for index, layer in enumerate(self.layers):
            below = self.dropout(outputs[-1]) if index else inputs
            above = layer(below)  # (length, batch, hidden)
            outputs.append(above + self.shortcuts[index](below) if self.shortcuts else above)
        return outputs
