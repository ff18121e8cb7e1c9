"""From token ids to the vectors a language model reads."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from pipeline.errors import UserError, remake
from pipeline.files.ids import read_array
from pipeline.files.weights import is_finite
from pipeline.lm.encoders.chars import CharIds
from pipeline.lm.encoders.encoder import CharEncoder
from pipeline.work.outputs import need

TABLE = "vectors.npy"
"""The file of the frozen char-CNN's vectors, float16 (types, width), a row an id."""


class TableInputs(nn.Module):
    """The frozen char-CNN: every type's vector was computed once, reading is a lookup."""

    def __init__(self, path: Path, device: torch.device) -> None:
        """`path` holds float16 (types, width); it stays on disk on a CPU and moves to the memory of a GPU."""
        super().__init__()
        # "c", for torch wants memory that it could write to
        table = torch.from_numpy(read_array(need(path, "charcnn"), remake("charcnn"), np.float16, axes=2, mode="c"))
        if not is_finite(table):
            raise UserError(f"{path}: holds NaN or infinite numbers; {remake('charcnn')}")
        self.table = table if device.type == "cpu" else table.to(device)
        self.width = table.shape[1]

    def forward(self, ids: Tensor) -> Tensor:
        """Ids, int64 of any shape, to float32 (..., width)."""
        return self.table[ids].float()


class CharInputs(nn.Module):
    """A char-CNN in training: each type of the batch passes through it once, however often it occurs."""

    def __init__(self, charcnn: CharEncoder, chars: CharIds) -> None:
        """`chars` are the character ids of the vocabulary, int16 (types, 50)."""
        super().__init__()
        self.charcnn = charcnn
        self.chars = torch.from_numpy(chars)
        self.width = charcnn.shape.projection

    def forward(self, ids: Tensor) -> Tensor:
        """Ids, int64 of any shape, to float32 (..., width)."""
        types, places = ids.unique(return_inverse=True)
        return self.charcnn(self.chars[types.cpu()])[places]
