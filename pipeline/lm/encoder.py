"""What turns the characters of a token into its vector: a module that is trained, then frozen, and kept in a folder."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from pipeline.lm.chars import CharIds
from pipeline.lm.settings import CharCnnSettings
from pipeline.outputs import need, read_json, write_json
from pipeline.weights import load_weights, save_weights

WEIGHTS, CONFIG = "charcnn.safetensors", "charcnn.json"
TYPES_A_BATCH = 512
"""Types taken through the whole module at once: memory stays small, the arithmetic dense."""


class CharEncoder(nn.Module):
    """Maps character ids, int of shape (tokens, 50), to float32 (tokens, projection)."""

    settings: CharCnnSettings
    projection: nn.Linear
    """The last layer."""

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


def make_encoder(settings: CharCnnSettings) -> CharEncoder:
    """The module that `settings.encoder` names, untrained."""
    from pipeline.lm.charcnn import CharCnn  # these are made of the class above
    from pipeline.lm.ngrams import CharNgrams

    kinds: dict[str, type[CharCnn] | type[CharNgrams]] = {"cnn": CharCnn, "ngrams": CharNgrams}
    return kinds[settings.encoder](settings)


def load_encoder(folder: Path, device: torch.device) -> CharEncoder:
    """Read what `CharEncoder.save` wrote; the module is in evaluation mode."""
    module = make_encoder(CharCnnSettings.model_validate(read_json(need(folder / CONFIG, "charcnn"))))
    load_weights(module, folder / WEIGHTS, "charcnn")
    return module.to(device).eval()
