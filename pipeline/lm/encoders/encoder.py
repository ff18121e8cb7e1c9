"""The module that turns the characters of a token into its vector: trained, then frozen, and kept in a folder."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from pipeline.files.json import write_json
from pipeline.files.weights import save_weights
from pipeline.lm.encoders.chars import CharIds
from pipeline.lm.settings import Shape

WEIGHTS, CONFIG = "charcnn.safetensors", "charcnn.json"
TYPES_A_BATCH = 512
"""Types taken through the whole module at once: enough for dense arithmetic in little memory."""
SMALLEST = 1e-6
"""The least deviation that is brought to 1; an output that hardly differs between types stays as it is."""
TYPES_A_GROUP = 128
"""Types convolved at once: fewer waste less on padding, more make the arithmetic denser."""


class CharEncoder(nn.Module):
    """Maps character ids, int of shape (tokens, 50), to float32 (tokens, projection)."""

    shape: Shape
    projection: nn.Linear | nn.Identity
    """The last layer; the identity only where a published char-CNN has none."""

    def whole(self, chars: Tensor) -> Tensor:
        """Compute `forward` by sums whose order depends only on the number of tokens."""
        return self(chars)

    def quick(self, chars: Tensor) -> Tensor:
        """Compute `forward`, up to the last digits, in the fastest way for weights that no longer change."""
        return self(chars)

    @torch.inference_mode()
    def vectors(self, chars: CharIds) -> npt.NDArray[np.float32]:
        """The frozen vectors of types, character ids (types, 50) to float32 (types, projection).

        A type's vector is the same to the bit whatever types come with it. So the number of types at once is always the
        same, with all of their characters: sums of other shapes round differently. TF32 would round by 1e-3.
        """
        missing = -len(chars) % TYPES_A_GROUP
        groups = torch.from_numpy(np.pad(chars, ((0, missing), (0, 0)))).split(TYPES_A_GROUP)
        with torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
            vectors = torch.cat([self.whole(group) for group in groups])  # (types + missing, projection)
        return vectors[: len(chars)].float().cpu().numpy()

    @torch.no_grad()
    def standardise(self, chars: CharIds) -> None:
        """Rescale the module so that every output has mean 0 and deviation 1 over the types `chars` (types, 50).

        Untrained convolutions see mostly what all words share (padding, marks, lead bytes of Cyrillic): types differ by
        a fifth of the mean, and a language model above them hardly learns. Data-dependent initialisation (Krähenbühl et
        al. 2016) mends that within the weights, so that the module stays ELMo's.
        """
        outputs = torch.cat([self(batch) for batch in torch.from_numpy(chars).split(TYPES_A_BATCH)])
        deviation = outputs.std(0)  # NaN of a single type
        self.rescale(outputs.mean(0), torch.where(deviation > SMALLEST, deviation, 1))

    @torch.no_grad()
    def rescale(self, mean: Tensor, deviation: Tensor) -> None:
        """Change the weights so that every output is what it was, less `mean` and over `deviation`, (projection,)."""
        assert isinstance(self.projection, nn.Linear), "a published char-CNN is never put to another scale"
        self.projection.weight /= deviation[:, None]
        self.projection.bias.copy_((self.projection.bias - mean) / deviation)

    def save(self, folder: Path) -> None:
        """Write the weights and the shape that rebuild the module."""
        save_weights(self, folder / WEIGHTS)
        write_json(folder / CONFIG, self.shape.model_dump(mode="json"))


class CharInputs(nn.Module):
    """An encoder in training: each type of a batch passes through it once, however often it occurs."""

    def __init__(self, charcnn: CharEncoder, chars: CharIds) -> None:
        """`chars` are the character ids of the vocabulary, int16 (types, 50)."""
        super().__init__()
        self.charcnn, self.chars = charcnn, torch.from_numpy(chars)

    def forward(self, ids: Tensor) -> Tensor:
        """Ids, int64 of any shape, to float32 (..., width)."""
        types, index = ids.unique(return_inverse=True)  # (distinct types,), and an index shaped like `ids`
        return self.charcnn(self.chars[types.cpu()])[index]
