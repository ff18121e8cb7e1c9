"""How all pictures look, and how they become files: the same input gives the same bytes."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, ParamSpec

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.work.outputs import fresh_file

BLUE, ORANGE, GREY, INK = "#2b6a99", "#c8662b", "#7d858e", "#30363d"
WIDTH = 7.2
"""Inches; 1080 pixels, the width of a README on a sharp screen."""
FORMATS = ["png", "svg"]
LINE = 0.075
"""Of the height of the axes: a line of text."""

STYLE: dict[str, Any] = {
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "savefig.dpi": 150,
    "text.parse_math": False,  # names of sets, types and architectures may have a `$`
    "svg.hashsalt": "report",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    # The first comes with matplotlib, and has Cyrillic; the next have its measures, for who looks at an SVG without it.
    "font.sans-serif": ["DejaVu Sans", "Bitstream Vera Sans", "Verdana", "sans-serif"],
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": GREY,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.titlepad": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": "#e8eaed",
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "lines.linewidth": 2,
    "lines.markersize": 4,
}


P = ParamSpec("P")


class Label(NamedTuple):
    """The name of a line, to stand at its right end."""

    y: float
    text: str
    colour: str


def save(folder: Path, name: str, draw: Callable[P, Figure], *args: P.args, **kwargs: P.kwargs) -> str:
    """Draw a picture in the common style and write it as `name.png` and `name.svg`.

    Returns the SVG. Its text is text and not shapes: it can be searched, and the file is a fourth of the size.
    """
    with matplotlib.style.context(["default", STYLE]):
        figure = draw(*args, **kwargs)
        for form in FORMATS:
            # No date and no version: a picture changes only when what it shows changes.
            metadata = {"Software": None} if form == "png" else {"Date": None, "Creator": None}
            with fresh_file(folder / f"{name}.{form}") as partial:
                figure.savefig(partial, format=form, metadata=metadata)
    return (folder / f"{name}.svg").read_text(encoding="utf-8")


def new_figure(height: float) -> tuple[Figure, Axes]:
    """A figure of the common width with one pair of axes."""
    figure = Figure(figsize=(WIDTH, height))
    return figure, figure.add_subplot()


def label_lines(axes: Axes, labels: Sequence[Label]) -> None:
    """Name lines at the right edge, moved apart where they would run into each other."""
    to_share = axes.transData + axes.transAxes.inverted()
    ordered = sorted(labels, key=lambda label: label.y)
    wanted = [float(to_share.transform((axes.get_xlim()[1], label.y))[1]) for label in ordered]
    for label, height in zip(ordered, _apart(wanted), strict=True):
        axes.text(1.015, height, label.text, color=label.colour, va="center", transform=axes.transAxes)


def _apart(heights: Sequence[float]) -> list[float]:
    """Ascending heights, shares of the axes', at least a line of text apart and within the axes if there is room."""
    found = list(heights)
    for place in range(1, len(found)):
        found[place] = max(found[place], found[place - 1] + LINE)
    highest = max(1.0, LINE * (len(found) - 1))
    for place in reversed(range(len(found))):
        found[place] = min(found[place], highest)
        highest = found[place] - LINE
    return found
