"""Names beside points, placed so that they hide neither a point nor each other."""

from collections.abc import Sequence
from math import cos, pi, sin
from typing import Literal, NamedTuple

from matplotlib.axes import Axes
from matplotlib.text import Text
from matplotlib.transforms import Bbox

MARK = 5
"""Half the width of a point, in pixels."""


class Place(NamedTuple):
    """Where a name may stand, in points (1/72 inch) from what it names; if it is far, a line leads there."""

    x: float
    y: float
    far: bool

    @property
    def ha(self) -> Literal["left", "center", "right"]:
        return "center" if abs(self.x) < 1 else "left" if self.x > 0 else "right"

    @property
    def va(self) -> Literal["bottom", "center", "top"]:
        return "center" if abs(self.y) < 1 else "bottom" if self.y > 0 else "top"

    def box(self, point: tuple[float, float], scale: float, size: Bbox) -> Bbox:
        """In pixels, for a name of this size beside a point there."""
        left = {"left": 0.0, "center": 0.5, "right": 1.0}[self.ha] * size.width
        below = {"bottom": 0.0, "center": 0.5, "top": 1.0}[self.va] * size.height
        return Bbox.from_bounds(
            point[0] + scale * self.x - left, point[1] + scale * self.y - below, size.width, size.height
        )


PLACES = [
    Place(distance * cos(pi * direction), distance * sin(pi * direction), distance > 7)
    for distance in (7, 16, 28, 42, 60)
    for direction in (0, 0.5, -0.5, 0.25, -0.25, 1, 0.75, -0.75)
]
"""Nearest first; right of the point first."""


class Mark(NamedTuple):
    """A point with its interval along the vertical axis, and its name."""

    x: float
    y: float
    low: float
    high: float
    text: str
    colour: str


def label_level(axes: Axes, y: float, text: str, colour: str, marks: Sequence[Mark]) -> None:
    """Name a horizontal line at the place along it that hides least of the points.

    The layout of the figure has to be known: `Figure.draw_without_rendering`.
    """
    points = [_box(axes, mark) for mark in marks]

    def hidden(name: Text) -> float:
        return sum(_shared(name.get_window_extent(), point) for point in points)

    names = [_level(axes, y, text, colour, x, va) for x in (0.01, 0.99, 0.5) for va in ("bottom", "top")]
    best = min(names, key=hidden)
    for name in names:
        if name is not best:
            name.remove()


def _level(axes: Axes, y: float, text: str, colour: str, x: float, va: str) -> Text:
    ha = {0.01: "left", 0.99: "right"}.get(x, "center")
    place = axes.get_yaxis_transform()
    name = axes.text(x, y, text, color=colour, fontsize=9, ha=ha, va=va, transform=place)
    name.set_in_layout(False)
    return name


def label_marks(axes: Axes, marks: Sequence[Mark]) -> None:
    """Write every name at the first place where it covers nothing, other texts included, else where it covers least.

    The layout of the figure has to be known: `Figure.draw_without_rendering`.
    """
    taken = [_box(axes, mark) for mark in marks] + [Text.get_window_extent(text) for text in axes.texts]
    for mark in sorted(marks, key=lambda mark: (-mark.y, mark.x)):
        taken.append(_write(axes, mark, taken))


def _write(axes: Axes, mark: Mark, taken: Sequence[Bbox]) -> Bbox:
    name = axes.annotate(mark.text, (mark.x, mark.y), (0, 0), textcoords="offset points", color=mark.colour)
    name.set_in_layout(False)
    size = name.get_window_extent()
    point: tuple[float, float] = tuple(axes.transData.transform((mark.x, mark.y)).tolist())
    figure = name.get_figure(root=True)
    assert figure is not None
    scale = figure.dpi / 72  # pixels a point
    name.remove()

    def hidden(place: Place) -> float:
        box = place.box(point, scale, size)
        return sum(_shared(box, other) for other in taken) + _outside(box, axes.bbox)

    best = min(PLACES, key=hidden)  # the first of equals
    line = {"arrowstyle": "-", "color": mark.colour, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 3}
    axes.annotate(
        mark.text,
        (mark.x, mark.y),
        xytext=(best.x, best.y),
        textcoords="offset points",
        ha=best.ha,
        va=best.va,
        color=mark.colour,
        arrowprops=line if best.far else None,
    ).set_in_layout(False)
    return best.box(point, scale, size)


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
