"""Frozen embeddings of sentences, from a folder that needs no other."""

import re
import threading
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field
from torch import Tensor

from pipeline.errors import UserError, remake
from pipeline.files.json import write_json
from pipeline.files.settings import Settings, read_settings
from pipeline.files.vocabulary import SPECIALS
from pipeline.files.weights import is_finite, load_module, read_shapes, save_weights
from pipeline.lm.bilm import BiLM
from pipeline.lm.elmo.stacks import ElmoStacks
from pipeline.lm.encoders.chars import CharIds, char_ids, vocabulary_char_ids
from pipeline.lm.encoders.encoder import TYPES_A_BATCH, CharEncoder
from pipeline.lm.encoders.load import load_encoder
from pipeline.lm.settings import ELMO, NO_CELL, ArchSettings, LmSettings
from pipeline.lm.training.batches import align

WEIGHTS, CONFIG = "lm.safetensors", "config.json"
_LAYER = re.compile(r"^directions\.0\.layers\.(\d+)\.", re.MULTILINE)
LIMIT = 100_000
"""Types in the table: 200 MB of vectors at the paper's width, and most types of a text of several million words."""

Vectors = npt.NDArray[np.float32]
Model = BiLM | ElmoStacks
"""Both read token vectors (2, length, batch, width), where each direction begins at position 0 with its boundary."""


class Config(Settings):
    """config.json: what rebuilds a language model, except for its weights."""

    name: str
    """The name of the architecture, a key of `archs`."""
    arch: ArchSettings
    lm: LmSettings | None
    """None where nothing was trained, so that a bare encoder is the same, byte for byte, whatever the settings are."""
    vocabulary_size: Annotated[int, Field(strict=True, gt=0)]
    """Types that the softmax predicts."""


def save_lm(folder: Path, config: Config, model: Model | None) -> None:
    """Write the settings that rebuild the model, and its weights if it has any."""
    if isinstance(model, ElmoStacks):
        model.save(folder)
    elif model is not None:
        save_weights(model, folder / WEIGHTS)
    write_json(folder / CONFIG, config.model_dump(mode="json"))


class Embedder:
    """Sentences of lemmas to vectors: the top layer, forward half then backward half (paper, step 3), or all layers.

    The bare char-CNN gives its vector twice, as in ELMo's layer 0, so that the tagger above has the same size.
    The vectors of a sentence depend on nothing but the sentence. In other batches the vectors of a published ELMo are
    the same to the bit at widths that are multiples of eight; all others differ in the last digits of float32.

    Most tokens are of types that come again and again. Each type is computed once and kept in a table; a new table is
    begun when it is full. Threads may share an embedder.
    """

    def __init__(self, charcnn: CharEncoder, model: Model | None, device: torch.device, quick: bool = False) -> None:
        """With `quick`, types are computed in the fastest way: they may differ in the last digits of float32."""
        self.charcnn, self.model, self.device = charcnn.to(device), model, device
        self.width = 2 * charcnn.shape.projection
        self.depth = 1 + (0 if model is None else model.depth)
        self._quick, self._lock = quick, threading.Lock()
        self._specials = self._encode(vocabulary_char_ids(SPECIALS, charcnn.shape.reading))
        self._forget()

    @classmethod
    def load(cls, folder: Path, device: torch.device, quick: bool = False) -> "Embedder":
        """Read a `models/lm` folder; a `UserError` names the file that is missing or broken."""
        config = read_settings(Config, folder / CONFIG, "pretrain")
        charcnn = load_encoder(folder, device)
        if config.arch.cell == NO_CELL:
            return cls(charcnn, None, device, quick)
        if config.arch.cell == ELMO:
            return cls(charcnn, ElmoStacks.load(folder, device), device, quick)
        if config.lm is None:
            fault = f"lm: found null, expected the settings that cell {config.arch.cell!r} was trained with"
            raise UserError(f"{folder / CONFIG}: {fault}; {remake('pretrain')}")
        sizes = config.lm, charcnn.shape.projection, config.vocabulary_size
        # The `sru` package takes memory for its layers whatever the device: so their numbers are compared first.
        weights = folder / WEIGHTS
        shapes = read_shapes(weights, "pretrain")
        hidden, layers = shapes.get("project.weight", (0, 0))[1], len({*_LAYER.findall("\n".join(shapes))})
        if (hidden, layers) != (config.lm.hidden, config.arch.layers):
            fault = f"found {layers} layers of {hidden} units, expected {config.arch.layers} of {config.lm.hidden}"
            raise UserError(f"{weights}: weights of another model ({fault}); {remake('pretrain')}")
        model = load_module(lambda: BiLM(config.arch, *sizes), weights, "pretrain")
        return cls(charcnn, model.to(device).eval(), device, quick)

    @torch.inference_mode()
    def embed(self, sentences: list[list[str]]) -> list[Vectors]:
        """Lemmas of sentences to the top layer, float32 (tokens, width) each."""
        vectors = self.read(sentences)
        return _cut(vectors if self.model is None else self.model(vectors), sentences)

    @torch.inference_mode()
    def layers(self, sentences: list[list[str]]) -> list[Vectors]:
        """Lemmas of sentences to all layers, float32 (layers + 1, tokens, width) each, counted as in ELMo.

        Layer 0 is the token's vector twice; each further one is its forward half, then its backward half.
        """
        vectors = self.read(sentences)
        above = vectors[:0] if self.model is None else self.model.layers(vectors)
        return _cut(torch.stack([vectors, *above]), sentences)

    @torch.inference_mode()
    def states(self, sentences: list[list[str]]) -> list[Vectors]:
        """Embed sentences of lemmas as their tokens' vectors, once, and the hidden states of the top layer.

        float32 (tokens, width / 2 + states) each: forward states, then backward ones, as they are before the projection
        that pretraining has made for its softmax; of a published ELMo, whose layers have one each, the projections.
        """
        vectors = self.read(sentences)
        token = [both[:, : self.width // 2] for both in _cut(vectors, sentences)]  # (tokens, width / 2)
        if self.model is None:
            return token
        hidden = _cut(self.model.states(vectors), sentences)  # (tokens, states)
        return [np.concatenate(pair, 1) for pair in zip(token, hidden, strict=True)]

    @property
    def widths(self) -> dict[str, int]:
        """The width of a token's vector by kind: `top`, `all` and its `mix`, `states`."""
        every = self.width * self.depth
        states = 0 if self.model is None else 2 * self.model.state_width
        return {"top": self.width, "mix": every, "all": every, "states": self.width // 2 + states}

    @torch.inference_mode()
    def read(self, sentences: list[list[str]]) -> Tensor:
        """Token vectors in each direction's order, after its boundary: (2, longest + 1, sentences, width / 2)."""
        with self._lock:
            lemmas = {lemma for sentence in sentences for lemma in sentence}
            new = lemmas - self._ids.keys()
            if new and len(self._ids) + len(new) > LIMIT:
                self._forget()
                new = lemmas
            if new:
                self._learn(sorted(new))  # a set has another order in each process
            rows = [np.array([self._ids[lemma] for lemma in sentence], dtype=np.int32) for sentence in sentences]
            table = self._table
        return table[align(rows).to(self.device)]

    def _forget(self) -> None:
        self._ids: dict[str, int] = {}
        self._table, self._used = self._specials, len(SPECIALS)

    def _learn(self, types: list[str]) -> None:
        vectors = self._encode(char_ids(types, self.charcnn.shape.reading))
        stop = self._used + len(types)
        if stop > len(self._table):  # the old table stays as it is, for other threads may be reading it
            table = vectors.new_empty(max(stop, 2 * len(self._table)), vectors.shape[1])
            table[: self._used] = self._table[: self._used]
            self._table = table
        self._table[self._used : stop] = vectors
        self._ids.update(zip(types, range(self._used, stop), strict=True))
        self._used = stop

    @torch.inference_mode()
    def _encode(self, chars: CharIds) -> Tensor:
        """Character ids (types, characters) to vectors (types, width / 2) on the device."""
        if not self._quick:
            return torch.from_numpy(self.charcnn.vectors(chars)).to(self.device)
        return torch.cat([self.charcnn.quick(batch) for batch in torch.from_numpy(chars).split(TYPES_A_BATCH)])


def _cut(outputs: Tensor, sentences: list[list[str]]) -> list[Vectors]:
    """Outputs (..., 2, longest + 1, batch, width / 2) to (..., tokens, width) a sentence; none is NaN or infinite."""
    # Without the boundary, each position has read its own token, as in ELMo.
    outputs = outputs[..., 1:, :, :].float().cpu()  # (..., 2, longest, batch, width / 2)
    if not is_finite(outputs):
        raise UserError(
            "language model: found NaN or infinite numbers in the vectors of a sentence, expected numbers: its weights "
            f"are too large; {remake('pretrain')}"
        )
    vectors = []
    for column, sentence in enumerate(sentences):
        forward, backward = outputs[..., : len(sentence), column, :].unbind(-3)  # (..., tokens, width / 2) each
        vectors.append(torch.cat([forward, backward.flip(-2)], -1).numpy())
    return vectors
