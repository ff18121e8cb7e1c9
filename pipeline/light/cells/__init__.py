"""The recurrent layers that have a light form, by the names of their files in `pipeline.lm.rnn`.

A layer is made from `read`, which gives its tensors, the width of its inputs, its own, and its options. Called with
inputs (2, tokens, width) and their places, it returns outputs (2, tokens, hidden).
"""

from collections.abc import Callable
from typing import NamedTuple

from pipeline.light.cells.gru import Gru
from pipeline.light.cells.hgrn2 import Hgrn2
from pipeline.light.cells.lstm import Lstm
from pipeline.light.cells.mingru import MinGru
from pipeline.light.cells.rglru import RgLru
from pipeline.light.cells.sru import Sru
from pipeline.light.cells.srupp import SruPp
from pipeline.light.cells.transformer import Transformer
from pipeline.light.packed import Packed
from pipeline.light.weights import Floats

Layer = Callable[[Floats, Packed], Floats]


class Cell(NamedTuple):
    """How a layer is made."""

    make: Callable[..., Layer]
    options: tuple[str, ...] = ()
    """The names of its options."""


CELLS = {
    "gru": Cell(Gru),
    "hgrn2": Cell(Hgrn2, ("heads",)),
    "lstm": Cell(Lstm),
    "mingru": Cell(MinGru),
    "rglru": Cell(RgLru),
    "sru": Cell(Sru),
    "srupp": Cell(SruPp, ("heads", "ratio")),
    "transformer": Cell(Transformer, ("expansion", "heads")),
}
