"""The recurrent stack of one direction, of any architecture."""

from importlib import import_module

from torch import Tensor, nn

from pipeline.lm.settings import NO_CELL, ArchSettings


class Stack(nn.Module):
    """`arch.layers` recurrent layers, dropout between them; nothing at all for the bare char-CNN."""

    def __init__(self, arch: ArchSettings, input_size: int, hidden: int, dropout: float) -> None:
        super().__init__()
        sizes = [input_size] + [hidden] * arch.layers
        self.layers = nn.ModuleList()
        if arch.cell != NO_CELL:
            layer = import_module(f"pipeline.lm.rnn.{arch.cell}").Layer
            self.layers.extend(layer(size, hidden) for size in sizes[:-1])
        self.dropout = nn.Dropout(dropout)
        self.residual = arch.residual
        self.output_size = sizes[-1]

    def forward(self, inputs: Tensor) -> Tensor:
        """(length, batch, input_size) to the top layer's (length, batch, output_size)."""
        return self.outputs(inputs)[-1]

    def outputs(self, inputs: Tensor) -> list[Tensor]:
        """The input and every layer's output, (length, batch, hidden), from the lowest on."""
        outputs = [inputs]
        for index, layer in enumerate(self.layers):
            below = self.dropout(outputs[-1]) if index else inputs
            above = layer(below)
            outputs.append(above + below if self.residual and below.shape == above.shape else above)
        return outputs
