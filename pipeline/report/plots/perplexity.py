"""Learning curve of the language model."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, LogLocator, StrMethodFormatter

from pipeline.report.plots.style import BLUE, GREY, Label, label_lines, new_figure

LINES = [("train", GREY), ("validation", BLUE)]


def draw(curve: pd.DataFrame, arch: str) -> Figure:
    """Perplexity over tokens read; `curve` is not empty."""
    figure, axes = new_figure(3.6)
    axes.set_yscale("log")
    labels = []
    for name, colour in LINES:
        values = curve[f"{name}_perplexity"]
        axes.plot(curve["tokens"], values, color=colour, marker="o")
        labels.append(Label(float(values.iloc[-1]), f"{name} {values.iloc[-1]:,.1f}", colour))
    axes.set_title(f"Language model {arch}: perplexity of both directions, log scale")
    axes.set_xlabel("tokens read")
    axes.xaxis.set_major_formatter(EngFormatter(sep=" "))
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.yaxis.minorticks_off()
    axes.grid(axis="y")
    axes.set_xlim(left=0)
    label_lines(axes, labels)
    return figure
