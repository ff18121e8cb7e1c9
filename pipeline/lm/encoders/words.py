"""Static vectors of words, as published: the row of the tables that knows words and no characters.

A word is looked up as it is spelled; one that the file lacks, a misspelt one among them, has the mean of all vectors.
"""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from pipeline.lm.encoders.chars import CharIds
from pipeline.lm.encoders.encoder import CharEncoder
from pipeline.lm.settings import WordShape


class WordVectors(CharEncoder):
    """Character ids of tokens to the vectors of these words."""

    shape: WordShape
    spelled: Tensor
    """Character ids of the words, int16 (words, 50)."""
    table: Tensor
    """float16 (words + 1, projection); the last row is that of all other words."""

    def __init__(self, shape: WordShape) -> None:
        super().__init__()
        self.shape = shape
        self.register_buffer("spelled", torch.zeros(shape.words, shape.reading.characters, dtype=torch.int16))
        self.register_buffer("table", torch.zeros(shape.words + 1, shape.projection, dtype=torch.float16))
        self._rows: dict[bytes, int] = {}

    def fill(self, chars: CharIds, values: npt.NDArray[np.float32]) -> None:
        """Take words, int16 (words, 50), and their vectors (words, projection), of mean 0 in every dimension."""
        self.spelled.copy_(torch.from_numpy(chars))
        self.table[:-1] = torch.from_numpy(values)

    def rows(self, chars: Tensor) -> Tensor:
        """Map character ids, int (tokens, 50) and on the CPU, to rows of the table, int64 (tokens,)."""
        if not self._rows:
            keys = [row.tobytes() for row in self.spelled.cpu().numpy()]
            # A word that is cut to 50 characters may be spelled as a more frequent one, which comes first.
            self._rows = {key: row for row, key in reversed([*enumerate(keys)])}
        keys = [row.tobytes() for row in chars.short().numpy()]
        return torch.tensor([self._rows.get(key, self.shape.words) for key in keys], dtype=torch.int64)

    def look_up(self, rows: Tensor) -> Tensor:
        """Rows, int64 (tokens,), to float32 (tokens, projection)."""
        return self.table[rows.to(self.table.device)].float()

    def forward(self, chars: Tensor) -> Tensor:
        """Map character ids, int (tokens, 50) and on the CPU, to float32 (tokens, projection)."""
        return self.look_up(self.rows(chars))

    @torch.no_grad()
    def rescale(self, mean: Tensor, deviation: Tensor) -> None:
        """Change all rows, that of unknown words among them."""
        self.table.copy_((self.table.float() - mean) / deviation)
