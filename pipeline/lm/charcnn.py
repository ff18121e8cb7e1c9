"""The char-CNN of ELMo (Peters et al. 2018; Kim et al. 2016): characters of a token to one vector."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from pipeline.lm.chars import CHARACTERS, PAD, CharIds
from pipeline.lm.settings import CharCnnSettings
from pipeline.outputs import write_json
from pipeline.settings import read_settings
from pipeline.weights import load_weights, save_weights

WEIGHTS, CONFIG = "charcnn.safetensors", "charcnn.json"
TYPES_A_BATCH = 512
"""Types taken through the whole module at once: memory stays small, the arithmetic dense."""
TYPES_A_GROUP = 128
"""Types of like length convolved at once: fewer waste less on padding, more keep the arithmetic dense."""


class Highway(nn.Module):
    """`y = g * relu(W x + b) + (1 - g) * x` with `g = sigmoid(V x + c)` (Srivastava et al. 2015)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.transform = nn.Linear(width, width)
        self.gate = nn.Linear(width, width)
        nn.init.constant_(self.gate.bias, -2.0)  # carry the input at first, as Srivastava et al. advise

    def forward(self, inputs: Tensor) -> Tensor:
        """(..., width) to the same shape."""
        gate = self.gate(inputs).sigmoid()
        return gate * self.transform(inputs).relu() + (1 - gate) * inputs


class CharCnn(nn.Module):
    """Character ids of tokens to their vectors.

    Convolutions of several widths, the maximum over all 50 - width + 1 positions, the activation, highway layers and
    a linear projection, in ELMo's order. Padding has an embedding of its own and is not masked; but every position that
    sees nothing but padding gives the same: one of them stands for all, and the rest is not computed.
    """

    def __init__(self, settings: CharCnnSettings) -> None:
        super().__init__()
        self.settings = settings
        self.embedding = nn.Embedding(CHARACTERS, settings.embedding)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(settings.embedding, number, width) for width, number in settings.filters
        )
        self.widest = max(width for width, _ in settings.filters)
        filters = sum(number for _, number in settings.filters)
        self.highways = nn.Sequential(*(Highway(filters) for _ in range(settings.highway)))
        self.projection = nn.Linear(filters, settings.projection)
        self.activation = {"relu": torch.relu, "tanh": torch.tanh}[settings.activation]

    def forward(self, chars: Tensor) -> Tensor:
        """Character ids, int of shape (tokens, 50), to float32 (tokens, projection)."""
        return self.projection(self.highways(self.activation(self._maxima(chars))))

    def _maxima(self, chars: Tensor) -> Tensor:
        """The maximum of every filter over all positions, (tokens, filters); words of like length go together."""
        used = (chars != PAD).sum(1)
        order = used.argsort(stable=True)
        groups = [chars[group, : int(used[group[-1]]) + self.widest] for group in order.split(TYPES_A_GROUP)]
        return torch.cat([self._convolve(group) for group in groups])[order.argsort()]

    def _convolve(self, chars: Tensor) -> Tensor:
        """The maximum of every filter over the positions at hand, (tokens, filters)."""
        embedded = self.embedding(chars.to(self.projection.weight.device).int()).transpose(1, 2)
        return torch.cat([convolution(embedded).amax(-1) for convolution in self.convolutions], -1)

    @torch.inference_mode()
    def vectors(self, chars: CharIds) -> npt.NDArray[np.float32]:
        """The frozen vectors of types, character ids (types, 50) to float32 (types, projection)."""
        batches = torch.from_numpy(chars).split(TYPES_A_BATCH)
        return torch.cat([self(batch) for batch in batches]).float().cpu().numpy()

    @torch.no_grad()
    def standardise(self, chars: CharIds) -> None:
        """Scale the projection so that every output has mean 0 and deviation 1 over the types `chars` (types, 50).

        Fresh convolutions see mostly what all words share (padding, marks, the lead bytes of Cyrillic): types differ by
        a fifth of the mean, and a language model above hardly learns. Data-dependent initialisation (Krähenbühl et
        al. 2016) mends that within the weights: the module stays ELMo's.
        """
        outputs = torch.cat([self(batch) for batch in torch.from_numpy(chars).split(TYPES_A_BATCH)])
        mean, deviation = outputs.mean(0), outputs.std(0).clamp_min(1e-6)
        self.projection.weight /= deviation[:, None]
        self.projection.bias.copy_((self.projection.bias - mean) / deviation)

    def save(self, folder: Path) -> None:
        """Write the weights and the settings that rebuild the module."""
        save_weights(self, folder / WEIGHTS)
        write_json(folder / CONFIG, self.settings.model_dump(mode="json"))

    @classmethod
    def load(cls, folder: Path, device: torch.device) -> "CharCnn":
        """Read what `save` wrote; the module is in evaluation mode."""
        module = cls(read_settings(CharCnnSettings, folder / CONFIG, "charcnn"))
        load_weights(module, folder / WEIGHTS, "charcnn")
        return module.to(device).eval()
