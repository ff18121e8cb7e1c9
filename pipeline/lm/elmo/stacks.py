"""The recurrent stacks of a published ELMo, above its char-CNN."""

from pathlib import Path

import torch
from torch import Tensor, nn

from pipeline.files.json import write_json
from pipeline.files.settings import read_settings
from pipeline.files.weights import load_module, save_weights
from pipeline.lm.elmo.cell import LstmLayer
from pipeline.lm.elmo.options import LstmOptions

WEIGHTS, CONFIG = "elmo.safetensors", "elmo.json"


class ElmoStacks(nn.Module):
    """Layers of both directions. As in our own stacks, each direction reads its text from position 0 on."""

    def __init__(self, options: LstmOptions) -> None:
        super().__init__()
        self.options = options
        self.depth = options.n_layers
        self.stack = nn.ModuleList(LstmLayer(options) for _ in range(options.n_layers))

    def layers(self, vectors: Tensor) -> Tensor:
        """Token vectors (2, length, batch, width) to every layer's output, (layers, 2, length, batch, width).

        The residual is added to what leaves a layer, never to its state, and never around the first one.
        """
        outputs: list[Tensor] = []
        for layer in self.stack:
            below = outputs[-1] if outputs else vectors
            above = layer(below)
            outputs.append(above + below if outputs and self.options.use_skip_connections else above)
        return torch.stack(outputs)

    def forward(self, vectors: Tensor) -> Tensor:
        """Token vectors to the top layer's output, both (2, length, batch, width)."""
        return self.layers(vectors)[-1]

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
