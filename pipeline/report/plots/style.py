"""The style of all pictures, and how they become files: the same input gives the same bytes."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, ParamSpec

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.work.outputs import fresh_file

WIDTH = 5.4
"""Inches. A telephone shows them all, with text that can be read; 1080 pixels, the width of a README on a sharp screen.
"""
LINE = 0.075
"""The height of a line of text, as a share of the height of the axes."""

P = ParamSpec("P")


class Label(NamedTuple):
    """The name of a line, which stands at its right end; `y` is in the units of the axis."""

    y: float
    text: str
    colour: str


def save(folder: Path, name: str, draw: Callable[P, Figure], *args: P.args, **kwargs: P.kwargs) -> str:
    """Draw a picture in the common style and write it as `name.png` and `name.svg`.

    Returns the SVG. Its text is text and not shapes: it can be searched, and the file is a fourth of the size.
    """
    with matplotlib.style.context(["default", Path(__file__).with_name("pictures.mplstyle")]):
        figure = draw(*args, **kwargs)
        # No date and no version: a picture changes only when what it shows changes.
        for form, metadata in (("png", {"Software": None}), ("svg", {"Date": None, "Creator": None})):
            with fresh_file(folder / f"{name}.{form}") as partial:
                figure.savefig(partial, format=form, metadata=metadata)
    return (folder / f"{name}.svg").read_text(encoding="utf-8")


def new_figure(height: float) -> tuple[Figure, Axes]:
    """A figure of the common width with one pair of axes."""
    figure = Figure(figsize=(WIDTH, height))
    return figure, figure.add_subplot()


def label_lines(axes: Axes, labels: Sequence[Label]) -> None:
    """Name lines at the right edge, at least a line of text apart, and within the axes if there is room."""
    to_share = axes.transData + axes.transAxes.inverted()
    ordered = sorted(labels, key=lambda label: label.y)
    heights = np.array([to_share.transform((axes.get_xlim()[1], label.y))[1] for label in ordered])
    steps = LINE * np.arange(len(ordered))
    heights = np.maximum.accumulate(heights - steps) + steps
    heights = np.minimum(heights, max([1.0, *steps]) - steps[::-1])
    for label, height in zip(ordered, heights.tolist(), strict=True):
        axes.text(1.015, height, label.text, color=label.colour, va="center", transform=axes.transAxes)
