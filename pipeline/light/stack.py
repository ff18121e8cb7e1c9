"""The recurrent layers of a language model, `pipeline.lm.stack` twice: both directions at once."""

from pipeline.light.block import Block
from pipeline.light.cells import CELLS, Layer
from pipeline.light.form import NoLightForm, need_known
from pipeline.light.packed import Packed
from pipeline.light.weights import Floats, Weights


def need_cell(name: str) -> None:
    """Raise `NoLightForm` where the cell is none of `CELLS`, as a published ELMo's."""
    if name not in CELLS:
        raise NoLightForm(f"cell {name!r} has no light form")


class Stack:
    """Layers one upon the other; with `residual`, y = layer(x) + x, or layer(x) + W x where the widths differ."""

    def __init__(self, arch: Block, weights: Weights, width: int, hidden: int) -> None:
        """`arch` has the settings; the width of the inputs, and that of every layer. Raises `NoLightForm`."""
        cell, options = CELLS[arch.text("cell")], arch.block("options")
        need_known(options, *cell.options)
        chosen = {option: options.whole(option, 1) for option in cell.options}
        self._residual = arch.switch("residual")
        self._layers: list[tuple[Layer, Floats | None]] = []
        """Each with the W of its shortcut, (2, inputs, hidden)."""
        for index in range(arch.whole("layers", 1)):
            shortcut = None
            if self._residual and width != hidden:
                shortcut = weights.both(f"directions.{{}}.shortcuts.{index}.")("weight", hidden, width).swapaxes(1, 2)
            try:
                layer = cell.make(weights.both(f"directions.{{}}.layers.{index}."), width, hidden, **chosen)
            except ValueError as fault:
                raise weights.error(f"layer {index} is {fault}") from None
            self._layers.append((layer, shortcut))
            width = hidden

    def __call__(self, inputs: Floats, places: Packed) -> list[Floats]:
        """Map inputs (2, tokens, width) to every layer's outputs from the lowest up, (2, tokens, hidden) each."""
        outputs = []
        for layer, shortcut in self._layers:
            above = layer(inputs, places)
            if self._residual:
                above += inputs if shortcut is None else inputs @ shortcut
            outputs.append(above)
            inputs = above
        return outputs
