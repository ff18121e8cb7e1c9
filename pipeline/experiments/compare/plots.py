"""The picture of a comparison: how far B is from A, with intervals."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pipeline.experiments.compare.scores import Row
from pipeline.ner.scoring.scores import METRICS
from pipeline.report.colours import GREY, INK, colour_types
from pipeline.report.paper import set_name
from pipeline.report.plots.style import WIDTH

ROW_HEIGHT = 0.24
"""Inches."""


def draw_differences(comparisons: Mapping[str, Sequence[Row]]) -> Figure:
    """A forest plot with a panel per data set: B minus A with its 95 % interval, of the scores and of each type."""
    heights = [len(rows) * ROW_HEIGHT + 0.5 for rows in comparisons.values()]
    figure = Figure(figsize=(WIDTH, sum(heights) + 0.5))
    panels = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    for axes, (name, rows) in zip(panels, comparisons.items(), strict=True):
        titles = [row.title for row in rows]
        colours = [INK] * len(METRICS) + [*colour_types(titles[len(METRICS) :]).values()]
        axes.axvline(0, color=GREY, linewidth=1)
        for y, (row, colour) in enumerate(zip(rows, colours, strict=True)):
            ends = np.reshape([row.difference - row.low, row.high - row.difference], (2, 1)).clip(min=0)
            axes.errorbar([row.difference], [y], xerr=ends, fmt="o", color=colour)
            axes.text(1.02, y, row.signed, va="center", transform=axes.get_yaxis_transform())
        axes.set_title(set_name(name))
        axes.set_yticks(range(len(rows)), titles)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x")
        axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:+z.2f}" if value else "0"))
    panels[-1].set_xlabel("F1 of B minus that of A, 95 % interval")
    return figure
