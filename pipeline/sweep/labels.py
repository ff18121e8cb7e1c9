"""Names beside points, placed so that they hide neither a point nor each other."""

from collections.abc import Iterator, Sequence
from math import cos, pi, sin
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

DIRECTIONS = [0, 0.5, -0.5, 0.25, -0.25, 1, 0.75, -0.75]
"""Multiples of pi: where a name is looked for, right of the point first."""
DISTANCES = [7, 16, 28, 42]
"""From point to name, in points; from the second on, a line leads there."""
MARK = 5
"""Half the width of a point, in pixels."""


class Mark(NamedTuple):
    """A point with its interval along the vertical axis, and its name."""

    x: float
    y: float
    low: float
    high: float
    text: str
    colour: str


def label_marks(axes: Axes, marks: Sequence[Mark]) -> None:
    """Write every name at the first place where it covers nothing, else where it covers least."""
    figure = axes.get_figure()
    assert isinstance(figure, Figure)
    figure.draw_without_rendering()  # only then the layout is known
    taken = [_box(axes, mark) for mark in marks]
    for mark in sorted(marks, key=lambda mark: (-mark.y, mark.x)):
        taken.append(_place(axes, mark, taken))


def _place(axes: Axes, mark: Mark, taken: Sequence[Bbox]) -> Bbox:
    best: tuple[float, Annotation, Bbox] | None = None
    for name in _candidates(axes, mark):
        box = name.get_window_extent()
        hidden = sum(_shared(box, other) for other in taken) + _outside(box, axes.bbox)
        if best is None or hidden < best[0]:
            if best:
                best[1].remove()
            best = hidden, name, box
        else:
            name.remove()
        if best[0] == 0:
            break
    assert best is not None
    return best[2]


def _candidates(axes: Axes, mark: Mark) -> Iterator[Annotation]:
    for distance in DISTANCES:
        for direction in DIRECTIONS:
            x, y = distance * cos(pi * direction), distance * sin(pi * direction)
            name = axes.annotate(
                mark.text,
                (mark.x, mark.y),
                xytext=(x, y),
                textcoords="offset points",
                ha="center" if abs(x) < 1 else "left" if x > 0 else "right",
                va="center" if abs(y) < 1 else "bottom" if y > 0 else "top",
                color=mark.colour,
                arrowprops={"arrowstyle": "-", "color": mark.colour, "linewidth": 0.6} if distance > 10 else None,
            )
            name.set_in_layout(False)
            yield name


def _box(axes: Axes, mark: Mark) -> Bbox:
    (x, low), (_, high) = axes.transData.transform([(mark.x, mark.low), (mark.x, mark.high)])
    _, y = axes.transData.transform((mark.x, mark.y))
    return Bbox([[x - MARK, min(low, y - MARK)], [x + MARK, max(high, y + MARK)]])


def _shared(a: Bbox, b: Bbox) -> float:
    """The area that two boxes share, in square pixels."""
    both = Bbox.intersection(a, b)
    return float(both.width * both.height) if both else 0.0


def _outside(box: Bbox, axes: Bbox) -> float:
    return float(box.width * box.height) - _shared(box, axes)
