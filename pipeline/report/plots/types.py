"""F1 of each entity type of one data set."""

import pandas as pd
from matplotlib.figure import Figure

from pipeline.report.plots.style import BLUE, new_figure


def draw(types: pd.DataFrame, name: str) -> Figure:
    """A bar a type, the best on top."""
    rows = types.sort_values(["f1", "type"], ascending=[True, False])
    figure, axes = new_figure(1.1 + 0.42 * len(rows))
    names = [f"{type_}  ({support:,})" for type_, support in zip(rows["type"], rows["support"], strict=True)]
    bars = axes.barh(names, rows["f1"], color=BLUE, height=0.62)
    axes.bar_label(bars, fmt="{:.3f}", padding=5)
    axes.set_title(f"{name}: entity F1 by type on the test split (number of gold entities)")
    axes.set_xlim(0, 1.05)
    axes.xaxis.set_visible(False)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    return figure
