"""Entity types of one data set: the F1 of each, and which of them are confused."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pipeline.ner.data.bio import OUTSIDE
from pipeline.report.colours import BLUE, GREY, INK, colour_types, parts
from pipeline.report.plots.style import WIDTH, new_figure

CELL = 0.5
"""Inches of a pair of types."""
MOST_LEVEL = 9
"""The most types whose names have room beside each other below the square."""


def draw_types(types: pd.DataFrame, name: str) -> Figure:
    """One bar per type, the best on top, with its interval from `low` to `high`."""
    rows = types.sort_values(["f1", "type"], ascending=[True, False])
    figure, axes = new_figure(1.1 + 0.42 * len(rows))
    names = [f"{type_}  ({support:,})" for type_, support in zip(rows["type"], rows["support"], strict=True)]
    colours = [*colour_types(rows["type"]).values()]
    axes.barh(names, rows["f1"], color=colours, alpha=0.6, height=0.62)  # pale: the intervals are to be seen on it
    # Both ends of an interval lie between 0 and 1, its mean nearly always between them.
    low, high = (rows["f1"] - rows["low"]).clip(lower=0), (rows["high"] - rows["f1"]).clip(lower=0)
    axes.errorbar(rows["f1"], names, xerr=[low, high], fmt="none", ecolor=INK, elinewidth=1.2, capsize=3)
    for height, (f1, end) in enumerate(zip(rows["f1"], rows[["f1", "high"]].max(axis="columns"), strict=True)):
        axes.text(end + 0.012, height, f"{f1:.3f}", va="center")
    axes.set_title(f"{name}: entity F1 by type (gold entities)")
    axes.set_xlim(0, 1.15)
    axes.xaxis.set_visible(False)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    return figure


def draw_confusion(confusion: pd.DataFrame, name: str) -> Figure:
    """A square of types, O last: the share of the tokens of a gold type that was given each type."""
    shares = type_shares(confusion)
    figure = Figure(figsize=(max(WIDTH, 1.4 + CELL * len(shares)), 1.5 + CELL * len(shares)))
    axes = figure.add_subplot()
    # A blue that lets the page's ground through, whether it is light or dark, and on which the text can be read.
    cells = np.empty((*shares.shape, 4))  # (gold, predicted, red green blue alpha)
    cells[..., :3], cells[..., 3] = np.divide(parts(BLUE), 255), 0.62 * shares
    axes.imshow(cells, aspect="auto")
    for row, values in enumerate(shares.to_numpy()):
        for column, share in enumerate(values):
            colour = INK if share >= 0.005 else GREY
            axes.text(column, row, _percent(share), ha="center", va="center", color=colour)
    ticks = ["none" if type_ == OUTSIDE else type_ for type_ in shares.columns]
    axes.set_xticks(range(len(ticks)), ticks, rotation=90 if len(ticks) > MOST_LEVEL else 0)
    axes.set_yticks(range(len(ticks)), ticks)
    for number, colour in enumerate(colour_types(type_ for type_ in shares.columns if type_ != OUTSIDE).values()):
        along, across = [number - 0.46, number + 0.46], np.full(2, len(ticks) - 0.5)
        for xs, ys in ((np.full(2, -0.5), along), (along, across)):
            axes.plot(xs, ys, color=colour, linewidth=4, solid_capstyle="butt", clip_on=False)
    axes.set_xlim(-0.5, len(ticks) - 0.5)
    axes.set_ylim(len(ticks) - 0.5, -0.5)
    axes.set_xlabel("predicted type")
    axes.set_ylabel("gold type")
    axes.set_title(f"{name}: what tokens of a type were tagged as, %")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return figure


def type_shares(confusion: pd.DataFrame) -> pd.DataFrame:
    """Shares of type pairs from counts of label pairs, B- and I- joined; a gold row sums to 1, or 0 without tokens."""
    types = {label: label.partition("-")[2] or OUTSIDE for label in confusion["gold"].unique()}
    order = [type_ for type_ in dict.fromkeys(types.values()) if type_ != OUTSIDE] + [OUTSIDE]
    pairs = confusion.assign(gold=confusion["gold"].map(types), predicted=confusion["predicted"].map(types))
    square = pairs.pivot_table(index="gold", columns="predicted", values="count", aggfunc="sum").loc[order, order]
    return square.div(square.sum(axis="columns").clip(lower=1), axis="index")


def _percent(share: float) -> str:
    """A share in whole per cent: empty for 0, and 100 only for 1."""
    if 0 < share < 0.005 or 0.995 <= share < 1:
        return "<1" if share < 0.5 else ">99"
    return f"{100 * share:.0f}" if share else ""
