"""The pictures of the data page, in the style of the report's."""

from collections.abc import Mapping
from math import ceil

import numpy as np
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import EngFormatter, NullLocator, PercentFormatter, StrMethodFormatter

from pipeline.report.colours import BLUE, GREY, ORANGE
from pipeline.report.corpus.measure import Growth, Lengths, Usage
from pipeline.report.plots.style import WIDTH, Label, label_lines, new_figure


def draw_lengths(lengths: Mapping[str, Lengths]) -> Figure:
    """Draw histograms of documents, sentences and fragments by words, one below the other."""
    figure = Figure(figsize=(WIDTH, 7), layout=ConstrainedLayoutEngine(hspace=0.08))
    panels = figure.subplots(3, 1)
    for axes, (unit, of_unit) in zip(panels, lengths.items(), strict=True):
        longest = int(of_unit.words[-1])
        if unit == "fragments":  # whose greatest length is a setting
            edges = np.arange(1, longest + 11, 10)  # 1, 11, 21 ..., so that a full fragment stands in a full bin
        else:
            halves = np.arange(ceil(2 * np.log2(longest + 1)) + 2) / 2
            edges = np.unique(np.round(2**halves)).astype(np.int64)  # 1, 2, 3, 4, 6, 8, 11, 16 ...
            axes.set_xscale("log", base=2)
            axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
            axes.xaxis.set_minor_locator(NullLocator())
        shares, _ = np.histogram(of_unit.words, edges, weights=of_unit.numbers / of_unit.number)
        axes.stairs(shares, edges, fill=True, color=BLUE, alpha=0.85)
        median = of_unit.quantile(0.5)
        axes.axvline(median + 0.5, color=ORANGE)
        axes.text(0.99, 0.9, f"median {median:,} words", color=ORANGE, ha="right", va="top", transform=axes.transAxes)
        axes.set_title(f"{unit.capitalize()} by length, {of_unit.number:,}")
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.grid(axis="y")
        axes.set_xlim(edges[0], edges[-1])
    panels[-1].set_xlabel("words")
    return figure


def draw_growth(growth: Growth) -> Figure:
    """Draw the number of types over the tokens of the training text."""
    figure, axes = new_figure(3.4)
    lines = [("types", growth.types, BLUE), ("seen twice or more", growth.repeated, GREY)]
    for _, values, colour in lines:
        axes.plot(growth.tokens, values, color=colour)
    axes.set_title("Growth of the vocabulary")
    axes.set_xlabel("tokens of the training text, in its order")
    axes.set_ylabel("types")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(EngFormatter(sep=" "))
    axes.grid()
    axes.set_xlim(0, growth.tokens[-1])
    axes.set_ylim(bottom=0)
    label_lines(axes, [Label(float(values[-1]), name, colour) for name, values, colour in lines])
    return figure


def draw_coverage(usage: Usage) -> Figure:
    """Draw the share of the tokens that the most frequent types of the training text make up."""
    figure, axes = new_figure(3.4)
    axes.set_xscale("log")
    ranks = np.unique(np.round(np.geomspace(1, len(usage.train), 300))).astype(np.int64)
    labels = []
    for side, colour in (("train", BLUE), ("validation", GREY)):
        shares = usage.coverage(side)[ranks - 1]
        axes.plot(ranks, shares, color=colour)
        labels.append(Label(float(shares[-1]), side, colour))
    axes.axvline(usage.predicted, color=ORANGE, linestyle="--", linewidth=1.2)
    axes.text(
        usage.predicted, 0.03, "predicted by name ", color=ORANGE, ha="right", transform=axes.get_xaxis_transform()
    )
    axes.set_title("Coverage by the most frequent types")
    axes.set_xlabel("types, most frequent first, log scale")
    axes.xaxis.set_major_formatter(EngFormatter(sep=" "))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.grid()
    axes.set_xlim(1, ranks[-1])
    axes.set_ylim(0, 1)
    label_lines(axes, labels)
    return figure
