"""The surface of a token as it was given: letter case, script, digits, endings; the language model may not see them.

A small char-CNN is learned with the tagger (Ma and Hovy 2016). It is no part of the language model, whose text is in
lower case by the protocol and often lemmatised.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, embedding_bag, pad

LONGEST, TAIL = 24, 10
"""Characters of a token, both marks included, and how many of them are its end if it has to be shortened."""
BEGIN, END = "\x02", "\x03"
"""Marks around a token."""
EMBEDDING, WINDOW = 32, 3
"""The width of a character's vector, and how many characters a filter spans."""
RARE = 5
"""Characters seen less often in training are one to the tagger."""

Letters = npt.NDArray[np.int32]
"""Code points of tokens between their marks, (tokens, LONGEST), with 0 after them."""


def read_letters(tokens: Iterable[str]) -> Letters:
    """Return the code points of tokens, int32 (tokens, LONGEST); of a long token its middle is left out."""
    body = LONGEST - 2
    shortened = (t if len(t) <= body else t[: body - TAIL] + t[-TAIL:] for t in tokens)
    padded = "".join(f"{BEGIN}{token}{END}".ljust(LONGEST, "\0") for token in shortened)
    codes = bytearray(padded.encode("utf-32-le", "surrogatepass"))  # torch warns of arrays that nobody may change
    return np.frombuffer(codes, dtype=np.int32).reshape(-1, LONGEST)


def lower_letters(letters: Letters) -> Letters:
    """Return the letters in lower case; a letter whose lower case is two characters stays as it is."""
    table = np.arange(letters.max(initial=0) + 1, dtype=np.int32)  # of code points
    for code in np.unique(letters).tolist():
        lowered = chr(code).lower()
        table[code] = ord(lowered) if len(lowered) == 1 else code
    return table[letters]


def frequent_characters(letters: Letters) -> str:
    """Return the characters, marks included, that occur often enough to be learned, in order."""
    codes, numbers = np.unique(letters[letters > 0], return_counts=True)
    return "".join(map(chr, codes[numbers >= RARE].tolist()))


class Surface(nn.Module):
    """Code points of tokens to their vectors."""

    codes: Tensor

    def __init__(self, characters: str, width: int, dropout: float) -> None:
        """`characters` are those that it tells apart, in order of their code points; `width` is that of a vector."""
        super().__init__()
        codes = [0, *map(ord, characters)]  # 0 is what stands after a token; any other character is the last row
        self.register_buffer("codes", torch.tensor(codes), persistent=False)
        self.embedding = nn.Embedding(len(codes) + 1, EMBEDDING, padding_idx=0)
        self.convolution = nn.Conv1d(EMBEDDING, width, WINDOW, padding=WINDOW // 2)
        self.dropout = nn.Dropout(dropout)

    def forward(self, letters: Tensor) -> Tensor:
        """Map code points, int (tokens, LONGEST), to float32 (tokens, width); each distinct token is computed once."""
        index, first = find_distinct(letters)  # (tokens,), (types,)
        distinct = letters[first]  # (types, LONGEST)
        row = torch.searchsorted(self.codes, distinct.long()).clamp_max(len(self.codes) - 1)  # (types, LONGEST)
        row = torch.where(self.codes[row] == distinct, row, len(self.codes))
        best = self._convolve(row).amax(1)  # (types, width)
        return embedding(
            index, self.dropout(best)
        )  # whose gradient repeats with several threads, as that of [] does not

    def _convolve(self, row: Tensor) -> Tensor:
        """Convolve rows of the embedding (types, LONGEST) to (types, LONGEST, width), 0 after the end of a token.

        The convolution of so few characters is a sum of rows of a table, the product of each character with the filters
        at each offset: a fourth of the time.
        """
        bias, (width, _, window) = self.convolution.bias, self.convolution.weight.shape
        assert bias is not None
        characters = self.embedding.weight * (torch.arange(len(self.codes) + 1, device=row.device) > 0)[:, None]
        table = torch.einsum("ce,wek->kcw", characters, self.convolution.weight)  # (WINDOW, characters, width)
        offsets = len(characters) * torch.arange(window, device=row.device)
        rows = pad(row, 2 * [window // 2]).unfold(1, window, 1) + offsets  # (types, LONGEST, WINDOW)
        present = row > 0  # (types, LONGEST)
        sums = embedding_bag(rows[present], table.reshape(-1, width), mode="sum") + bias
        # (characters of all types, width) -> (types, LONGEST, width)
        return sums.new_zeros(*row.shape, width).index_put((present,), sums.relu())


def find_distinct(letters: Tensor) -> tuple[Tensor, Tensor]:
    """Number the distinct tokens: the number of each token (tokens,), and a token that has it (types,).

    Tokens are told apart by a sum of products modulo 2^64: two of a batch share one by chance less than once in 10^12.
    """
    factors = torch.randint(-(2**62), 2**62, (LONGEST,), generator=torch.Generator().manual_seed(0))
    keys = (letters.long() * (2 * factors + 1).to(letters.device)).sum(1)
    distinct, index = keys.unique(return_inverse=True)
    return index, torch.empty_like(distinct).scatter_(0, index, torch.arange(len(keys), device=keys.device))
