"""The recurrent stacks of a published ELMo: projected, clipped LSTMs (Sak et al. 2014; Peters et al. 2018)."""

from pathlib import Path

import torch
from torch import Tensor, nn

from pipeline.files.json import write_json
from pipeline.files.settings import read_settings
from pipeline.files.weights import load_module, save_weights
from pipeline.lm.elmo.options import LstmOptions

WEIGHTS, CONFIG = "elmo.safetensors", "elmo.json"
FORGET_BIAS = 1.0
"""TensorFlow adds it to the forget gate in use; it isn't in the stored bias."""
ROWS = 32
"""Texts in every matrix product, even if most are empty: products of other sizes round differently, and a text's
vectors must not depend on other texts. The price is paid by a single text: 20 tokens at the published size take 1.6 s
on two cores instead of 0.3 s. In full batches a text takes a fifth of those 0.3 s."""


class LstmLayer(nn.Module):
    """One layer of both directions, which never meet: every shape begins with a 2.

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
            number = texts.shape[2]
            rows = inputs.new_zeros(2, ROWS, 2 * self.width)  # input and state side by side
            cell = inputs.new_zeros(2, ROWS, self.dim)
            for step in range(inputs.shape[1]):
                rows[:, :number, : self.width] = texts[:, step]
                cell, output = self._step(torch.baddbmm(self.bias, rows, self.kernel), cell)
                rows[:, :, self.width :] = output
                target[:, step] = output[:, :number]
        return outputs

    def _step(self, gates: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
        """Gates (2, ROWS, 4 dim) and cell (2, ROWS, dim) to the next cell and the output (2, ROWS, width)."""
        i, j, f, o = gates.chunk(4, -1)  # (2, ROWS, dim) each
        cell = (f + FORGET_BIAS).sigmoid() * cell + i.sigmoid() * j.tanh()
        if self.cell_clip is not None:
            cell = cell.clamp(-self.cell_clip, self.cell_clip)
        output = o.sigmoid() * cell.tanh()
        if self.project is None:
            return cell, output
        output = output @ self.project  # (2, ROWS, width)
        return cell, output if self.proj_clip is None else output.clamp(-self.proj_clip, self.proj_clip)


class ElmoStacks(nn.Module):
    """Layers of both directions. As in our own stacks, each direction reads its text from position 0."""

    def __init__(self, options: LstmOptions) -> None:
        super().__init__()
        self.options = options
        self.depth, self.hidden, self.state_width = options.n_layers, options.dim, options.projection_dim
        self.stack = nn.ModuleList(LstmLayer(options) for _ in range(options.n_layers))

    def layers(self, vectors: Tensor) -> Tensor:
        """Token vectors (2, length, batch, width) to every layer's output, (layers, 2, length, batch, width).

        The residual is added to the output of a layer, never to its state, and never around the first one.
        """
        outputs: list[Tensor] = []
        for layer in self.stack:
            below = outputs[-1] if outputs else vectors
            above = layer(below)  # (2, length, batch, width)
            outputs.append(above + below if outputs and self.options.use_skip_connections else above)
        return torch.stack(outputs)

    def forward(self, vectors: Tensor) -> Tensor:
        """Token vectors to the top layer's output, both (2, length, batch, width)."""
        return self.layers(vectors)[-1]

    def states(self, vectors: Tensor) -> Tensor:
        """As `forward`: the projections are part of the layers."""
        return self(vectors)

    def recurrent_parameters(self) -> int:
        """Parameters of both stacks, their projections included."""
        return sum(p.numel() for p in self.parameters())

    def save(self, folder: Path) -> None:
        """Write the weights and the options that rebuild the module."""
        save_weights(self, folder / WEIGHTS)
        write_json(folder / CONFIG, self.options.model_dump(mode="json"))

    @classmethod
    def load(cls, folder: Path, device: torch.device) -> "ElmoStacks":
        """Read what `save` wrote; the module is in evaluation mode."""
        options = read_settings(LstmOptions, folder / CONFIG, "charcnn")
        return load_module(lambda: cls(options), folder / WEIGHTS, "charcnn").to(device).eval()
