"""Learning curves of the taggers of one data set."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pipeline.report.plots.style import BLUE, ORANGE, Label, label_lines, new_figure

RINGED = "validation_entity_f1"
"""The line on which the kept epochs are marked: the score that chooses them, unless the protocol keeps the last."""
LINES = {RINGED: ("entity F1", BLUE), "validation_token_f1": ("token F1", ORANGE)}


def draw(epochs: pd.DataFrame, name: str) -> Figure:
    """Validation F1 over epochs: a thin line a seed, a thick one for their mean, a ring at each epoch that was kept."""
    figure, axes = new_figure(3.6)
    means = epochs.groupby("epoch")[list(LINES)].mean()
    labels = []
    for column, (title, colour) in LINES.items():
        _draw_seeds(axes, epochs, column, colour)
        axes.plot(means.index, means[column], color=colour, marker="o", markersize=3)
        labels.append(Label(float(means[column].iloc[-1]), title, colour))
    kept = epochs[epochs["kept"] == 1]
    axes.plot(kept["epoch"], kept[RINGED], "o", color="white", mec=BLUE, mew=2, ms=9, zorder=3)
    axes.set_title(f"{name}: F1 on the validation split ({_say_kept(kept)})")
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    axes.grid(axis="y")
    label_lines(axes, labels)
    return figure


def _draw_seeds(axes: Axes, epochs: pd.DataFrame, column: str, colour: str) -> None:
    for _, of_seed in epochs.groupby("seed"):
        axes.plot(of_seed["epoch"], of_seed[column], color=colour, linewidth=0.8, alpha=0.5)


def _say_kept(kept: pd.DataFrame) -> str:
    epochs = ", ".join(str(epoch) for epoch in kept["epoch"])
    return f"○ kept epoch{'' if len(kept) == 1 else 's'}: {epochs}"
