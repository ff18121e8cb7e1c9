"""ELMo's LSTM layer: projected and clipped (Sak et al. 2014; Peters et al. 2018), both directions side by side."""

import torch
from torch import Tensor, nn

from pipeline.lm.elmo.options import LstmOptions

FORGET_BIAS = 1.0
"""TensorFlow adds it to the forget gate in use; it isn't in the stored bias."""
ROWS = 32
"""Texts in every matrix product, though most be empty: products of other sizes round otherwise, and what a text gives
must not depend on its company. A lone text pays for it: 20 tokens at the published size take 1.6 s on two cores and
not 0.3 s. Full batches take a fifth of that 0.3 s a text."""


class LstmLayer(nn.Module):
    """One layer of both directions, which never meet: a leading 2 in every shape.

    Weights are as published: `kernel` has the input's rows above the state's, and the gates in TensorFlow's order,
    which is input, candidate, forget, output.
    """

    def __init__(self, options: LstmOptions) -> None:
        super().__init__()
        self.dim, self.width = options.dim, options.projection_dim
        self.cell_clip, self.proj_clip = options.cell_clip, options.proj_clip
        self.kernel = nn.Parameter(torch.empty(2, 2 * self.width, 4 * self.dim))
        self.bias = nn.Parameter(torch.empty(2, 1, 4 * self.dim))
        self.project = nn.Parameter(torch.empty(2, self.dim, self.width)) if options.projects else None

    def forward(self, inputs: Tensor) -> Tensor:
        """(2, length, batch, width) to the same shape; the state is zero at the start."""
        outputs = torch.empty_like(inputs)
        for texts, target in zip(inputs.split(ROWS, 2), outputs.split(ROWS, 2), strict=True):
            self._read(texts, target)
        return outputs

    def _read(self, inputs: Tensor, outputs: Tensor) -> None:
        """Write the outputs of at most `ROWS` texts, (2, length, texts, width)."""
        texts = inputs.shape[2]
        seen = inputs.new_zeros(2, ROWS, 2 * self.width)  # the input beside the state
        cell = inputs.new_zeros(2, ROWS, self.dim)
        for step in range(inputs.shape[1]):
            seen[:, :texts, : self.width] = inputs[:, step]
            cell, output = self._step(torch.baddbmm(self.bias, seen, self.kernel), cell)
            seen[:, :, self.width :] = output
            outputs[:, step] = output[:, :texts]

    def _step(self, gates: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
        """Gates (2, texts, 4 dim) and cell (2, texts, dim) to the next cell and the output (2, texts, width)."""
        i, j, f, o = gates.chunk(4, -1)
        cell = (f + FORGET_BIAS).sigmoid() * cell + i.sigmoid() * j.tanh()
        if self.cell_clip is not None:
            cell = cell.clamp(-self.cell_clip, self.cell_clip)
        output = o.sigmoid() * cell.tanh()
        if self.project is None:
            return cell, output
        output = output @ self.project
        return cell, output if self.proj_clip is None else output.clamp(-self.proj_clip, self.proj_clip)
