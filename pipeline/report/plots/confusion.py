"""Which entity types are taken for which, in one data set."""

import pandas as pd
from matplotlib.figure import Figure

from pipeline.ner.data.bio import OUTSIDE
from pipeline.report.plots.style import GREY, INK, new_figure


def draw(confusion: pd.DataFrame, name: str) -> Figure:
    """A square of types, O last: the share of the tokens of a gold type that was given each type."""
    shares = type_shares(confusion)
    figure, axes = new_figure(1.5 + 0.55 * len(shares))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for row, values in enumerate(shares.to_numpy()):
        for column, share in enumerate(values):
            colour = "white" if share > 0.65 else INK if share >= 0.005 else GREY
            axes.text(column, row, _percent(share), ha="center", va="center", color=colour)
    ticks = ["no entity" if type_ == OUTSIDE else type_ for type_ in shares.columns]
    axes.set_xticks(range(len(ticks)), ticks)
    axes.set_yticks(range(len(ticks)), ticks)
    axes.set_xlabel("predicted type")
    axes.set_ylabel("gold type")
    axes.set_title(f"{name}: what the tokens of a gold type were tagged as, %")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return figure


def type_shares(confusion: pd.DataFrame) -> pd.DataFrame:
    """Counts of label pairs to shares of type pairs: B- and I- together; rows (gold) sum to 1, or 0 without tokens."""
    types = {label: label.partition("-")[2] or OUTSIDE for label in confusion["gold"].unique()}
    order = [type_ for type_ in dict.fromkeys(types.values()) if type_ != OUTSIDE] + [OUTSIDE]
    pairs = confusion.assign(gold=confusion["gold"].map(types), predicted=confusion["predicted"].map(types))
    square = pairs.pivot_table(index="gold", columns="predicted", values="count", aggfunc="sum")
    square = square.loc[order, order]
    return square.div(square.sum(axis="columns").clip(lower=1), axis="index")


def _percent(share: float) -> str:
    """Whole per cent; nothing for nothing, and 100 only for all."""
    if 0 < share < 0.005 or 0.995 <= share < 1:
        return "<1" if share < 0.5 else ">99"
    return f"{100 * share:.0f}" if share else ""
