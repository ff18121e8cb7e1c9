"""The output of stage charcnn as the language model reads it: an encoder of any kind, and its table of vectors."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from pipeline.errors import UserError, remake
from pipeline.files.ids import read_array
from pipeline.files.settings import read_settings
from pipeline.files.weights import is_finite, load_module
from pipeline.lm.encoders.charcnn import CharCnn
from pipeline.lm.encoders.encoder import CONFIG, WEIGHTS, CharEncoder
from pipeline.lm.encoders.known import KnownWords
from pipeline.lm.encoders.ngrams import CharNgrams
from pipeline.lm.encoders.words import WordVectors
from pipeline.lm.settings import EncoderShape, KnownShape, NgramShape, Shape, WordShape
from pipeline.work.outputs import need

TABLE = "vectors.npy"
"""The file of the frozen encoder's vectors, float16 (types, width), a row for each id."""


def make_encoder(shape: Shape) -> CharEncoder:
    """Return the module of that shape, untrained."""
    if isinstance(shape, KnownShape):
        return KnownWords(shape, make_encoder(shape.others))
    if isinstance(shape, WordShape):
        return WordVectors(shape)
    return CharNgrams(shape) if isinstance(shape, NgramShape) else CharCnn(shape)


def load_encoder(folder: Path, device: torch.device) -> CharEncoder:
    """Read what `CharEncoder.save` wrote; the module is in evaluation mode. A `UserError` names a damaged file."""
    shape = read_settings(EncoderShape, folder / CONFIG, "charcnn").root
    return load_module(lambda: make_encoder(shape), folder / WEIGHTS, "charcnn").to(device).eval()


class TableInputs(nn.Module):
    """The frozen encoder for a language model in training: the vector of every type is looked up."""

    def __init__(self, path: Path, shape: tuple[int, int], device: torch.device) -> None:
        """`path` holds float16 of `shape`, (types, width); it stays on disk on a CPU and moves to a GPU's memory."""
        super().__init__()
        # mode "c", because torch warns of memory that it cannot write to
        table = torch.from_numpy(read_array(need(path, "charcnn"), remake("charcnn"), np.float16, axes=2, mode="c"))
        if table.shape != shape:  # a language model would be trained on other vectors than those kept with it
            fault = f"found {tuple(table.shape)}, expected {shape}, a row for each type of the vocabulary"
            raise UserError(f"{path}: {fault}; {remake('charcnn')}")
        if not is_finite(table):
            raise UserError(f"{path}: holds NaN or infinite numbers; {remake('charcnn')}")
        self.table = table if device.type == "cpu" else table.to(device)

    def forward(self, ids: Tensor) -> Tensor:
        """Ids, int64 of any shape, to float32 (..., width)."""
        return self.table[ids].float()
