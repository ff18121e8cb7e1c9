"""Frozen embeddings of sentences from a folder that works by itself."""

import re
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field
from torch import Tensor

from pipeline.errors import UserError, remake
from pipeline.files.ids import Ids
from pipeline.files.json import write_json
from pipeline.files.settings import Settings, read_settings
from pipeline.files.vocabulary import SPECIALS
from pipeline.files.weights import is_finite, load_module, read_shapes, save_weights
from pipeline.lm.bilm import BiLM
from pipeline.lm.elmo.stacks import ElmoStacks
from pipeline.lm.encoders.chars import char_ids, vocabulary_char_ids
from pipeline.lm.encoders.encoder import CharEncoder
from pipeline.lm.encoders.load import load_encoder
from pipeline.lm.settings import ELMO, NO_CELL, ArchSettings, LmSettings
from pipeline.lm.training.batches import align

WEIGHTS, CONFIG = "lm.safetensors", "config.json"
_LAYER = re.compile(r"^directions\.0\.layers\.(\d+)\.", re.MULTILINE)

Vectors = npt.NDArray[np.float32]
Model = BiLM | ElmoStacks
"""Both read token vectors (2, length, batch, width), each direction from position 0 on, boundaries first."""


class Config(Settings):
    """All but the weights that rebuilds a language model: config.json."""

    name: str
    """Of the architecture, a key of `archs`."""
    arch: ArchSettings
    lm: LmSettings
    vocabulary_size: Annotated[int, Field(strict=True, gt=0)]
    """Types that the softmax predicts."""


def save_lm(folder: Path, config: Config, model: Model | None) -> None:
    """Write the weights, if there are any, and the settings that rebuild the model."""
    if isinstance(model, ElmoStacks):
        model.save(folder)
    elif model is not None:
        save_weights(model, folder / WEIGHTS)
    write_json(folder / CONFIG, config.model_dump(mode="json"))


class Embedder:
    """Sentences of lemmas to vectors: the top layer, forward half then backward half (paper, step 3), or all layers.

    The bare char-CNN gives its vector twice, as ELMo's layer 0 is counted, so that the tagger above is the same size.
    Stateless: the vectors of a sentence depend on nothing but the sentence. A published ELMo's are the same to the bit
    in any company, at widths that are multiples of eight; layers trained here differ in the last digits of float32.
    """

    def __init__(self, charcnn: CharEncoder, model: Model | None, device: torch.device) -> None:
        self.charcnn, self.model, self.device = charcnn.to(device), model, device
        self.width = 2 * charcnn.shape.projection
        self.depth = 1 + (0 if model is None else model.depth)
        self._reading = charcnn.shape.reading
        self._known: dict[str, Vectors] = {}
        self._specials = charcnn.vectors(vocabulary_char_ids(SPECIALS, self._reading))

    @classmethod
    def load(cls, folder: Path, device: torch.device) -> "Embedder":
        """Read a `models/lm` folder; a `UserError` names the file that is missing or broken."""
        config = read_settings(Config, folder / CONFIG, "pretrain")
        charcnn = load_encoder(folder, device)
        if config.arch.cell == NO_CELL:
            return cls(charcnn, None, device)
        if config.arch.cell == ELMO:
            return cls(charcnn, ElmoStacks.load(folder, device), device)
        _check_size(folder / WEIGHTS, config)
        sizes = config.lm, charcnn.shape.projection, config.vocabulary_size
        model = load_module(lambda: BiLM(config.arch, *sizes), folder / WEIGHTS, "pretrain")
        return cls(charcnn, model.to(device).eval(), device)

    @torch.inference_mode()
    def embed(self, sentences: list[list[str]]) -> list[Vectors]:
        """Lemmas of sentences to the top layer, float32 (tokens, width) each."""
        vectors = self._read(sentences)
        return _cut(vectors if self.model is None else self.model(vectors), sentences)

    @torch.inference_mode()
    def layers(self, sentences: list[list[str]]) -> list[Vectors]:
        """Lemmas of sentences to all layers, float32 (layers + 1, tokens, width) each, counted as in ELMo.

        Layer 0 is the token's vector twice; each further one is its forward half, then its backward half.
        """
        vectors = self._read(sentences)
        above = vectors[:0] if self.model is None else self.model.layers(vectors)
        return _cut(torch.stack([vectors, *above]), sentences)

    def _read(self, sentences: list[list[str]]) -> Tensor:
        """Token vectors in each direction's order, behind its boundary: (2, longest + 1, batch, width / 2)."""
        rows, table = self._lookup(sentences)
        read, _ = align(rows)
        return table[read.to(self.device)]

    def _lookup(self, sentences: list[list[str]]) -> tuple[list[Ids], Tensor]:
        """Sentences as ids into a table of the vectors of their distinct types, the specials first."""
        types = sorted({lemma for sentence in sentences for lemma in sentence})
        ids = {lemma: index for index, lemma in enumerate(types, start=len(SPECIALS))}
        self._learn([lemma for lemma in types if lemma not in self._known])
        table = np.stack([*self._specials, *(self._known[lemma] for lemma in types)])
        rows = [np.array([ids[lemma] for lemma in sentence], dtype=np.int32) for sentence in sentences]
        return rows, torch.from_numpy(table).to(self.device)

    def _learn(self, types: list[str]) -> None:
        """Compute vectors not seen before: most tokens are of types that come again and again."""
        if types:
            self._known.update(zip(types, self.charcnn.vectors(char_ids(types, self._reading)), strict=True))


def _check_size(weights: Path, config: Config) -> None:
    """Refuse other numbers of units and layers than there are weights for.

    Before a model is made of them: the `sru` package takes memory for its layers at once, on whatever device.
    """
    shapes = read_shapes(weights, "pretrain")
    found = shapes.get("project.weight", (0, 0))[1], len({*_LAYER.findall("\n".join(shapes))})
    if found != (config.lm.hidden, config.arch.layers):
        raise UserError(
            f"{weights}: weights of another model ({found[1]} layers of {found[0]} units, expected "
            f"{config.arch.layers} of {config.lm.hidden}); {remake('pretrain')}"
        )


def _cut(outputs: Tensor, sentences: list[list[str]]) -> list[Vectors]:
    """Outputs (..., 2, longest + 1, batch, width / 2) to (..., tokens, width) a sentence; none is NaN or infinite."""
    # Behind the boundary: each position has read its own token, as in ELMo.
    own = outputs[..., 1:, :, :].float().cpu()
    if not is_finite(own):
        raise UserError(
            "language model: found NaN or infinite numbers in the vectors of a sentence, expected numbers: its weights "
            f"are too large; {remake('pretrain')}"
        )
    return [_both_ways(own[..., : len(sentence), column, :]) for column, sentence in enumerate(sentences)]


def _both_ways(outputs: Tensor) -> Vectors:
    """Outputs of one text (..., 2, tokens, width / 2), the second direction reversed, to (..., tokens, width)."""
    forward, backward = outputs.unbind(-3)
    return torch.cat([forward, backward.flip(-2)], -1).numpy()
