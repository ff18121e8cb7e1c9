"""F1 of each entity type of one data set."""

import pandas as pd
from matplotlib.figure import Figure

from pipeline.report.plots.style import INK, new_figure

PALE = "#8fb4d3"
"""Of the bars: the intervals are to be seen on it."""


def draw(types: pd.DataFrame, name: str) -> Figure:
    """A bar a type, the best on top, with the `low` and `high` of its interval."""
    rows = types.sort_values(["f1", "type"], ascending=[True, False])
    figure, axes = new_figure(1.1 + 0.42 * len(rows))
    names = [f"{type_}  ({support:,})" for type_, support in zip(rows["type"], rows["support"], strict=True)]
    axes.barh(names, rows["f1"], color=PALE, height=0.62)
    # Both ends of an interval lie between 0 and 1, its mean nearly always between them.
    low, high = (rows["f1"] - rows["low"]).clip(lower=0), (rows["high"] - rows["f1"]).clip(lower=0)
    axes.errorbar(rows["f1"], names, xerr=[low, high], fmt="none", ecolor=INK, elinewidth=1.2, capsize=3)
    for place, (f1, end) in enumerate(zip(rows["f1"], rows[["f1", "high"]].max(axis="columns"), strict=True)):
        axes.text(end + 0.012, place, f"{f1:.3f}", va="center")
    axes.set_title(f"{name}: entity F1 by type with 95 % intervals (number of gold entities)")
    axes.set_xlim(0, 1.1)
    axes.xaxis.set_visible(False)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    return figure
