"""F1 of one data set under typos."""

import pandas as pd
from matplotlib.figure import Figure

from pipeline.report.plots.style import BLUE, ORANGE, Label, label_lines, new_figure

LINES = {"entity_f1": ("entity F1", BLUE), "token_f1": ("token F1", ORANGE)}


def draw(typos: pd.DataFrame, name: str) -> Figure:
    """F1 over the share of misspelt words; bands are 95 % intervals over sentences."""
    figure, axes = new_figure(3.6)
    labels = []
    for column, (title, colour) in LINES.items():
        low, high = typos[f"{column}_low"], typos[f"{column}_high"]
        axes.fill_between(typos["rate"], low, high, color=colour, alpha=0.15, linewidth=0)
        axes.plot(typos["rate"], typos[column], color=colour, marker="o")
        labels.append(Label(float(typos[column].iloc[-1]), title, colour))
    axes.set_title(f"{name}: F1 on the test split with typos")
    axes.set_xlabel("words with a typo")
    axes.set_xticks(typos["rate"], [f"{100 * rate:g} %" for rate in typos["rate"]])
    axes.grid(axis="y")
    label_lines(axes, labels)
    return figure
