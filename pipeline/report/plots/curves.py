"""Curves: perplexity of the language model, F1 of the taggers over epochs and under typos."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, LogLocator, MaxNLocator, StrMethodFormatter

from pipeline.report.colours import BLUE, GREY, ORANGE
from pipeline.report.plots.style import WIDTH, Label, label_lines, new_figure

F1 = {"entity_f1": ("entity F1", BLUE), "token_f1": ("token F1", ORANGE)}


def draw_perplexity(curve: pd.DataFrame, arch: str) -> Figure:
    """Perplexity over tokens read; `curve` is not empty."""
    figure, axes = new_figure(3.6)
    axes.set_yscale("log")
    labels = []
    for name, colour in (("train", GREY), ("validation", BLUE)):
        values = curve[f"{name}_perplexity"]
        axes.plot(curve["tokens"], values, color=colour, marker="o")
        labels.append(Label(float(values.iloc[-1]), f"{name} {values.iloc[-1]:,.1f}", colour))
    axes.set_title(f"Language model {arch}: perplexity, log scale")
    axes.set_xlabel("tokens read")
    axes.xaxis.set_major_formatter(EngFormatter(sep=" "))
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.yaxis.minorticks_off()
    axes.grid(axis="y")
    axes.set_xlim(left=0)
    label_lines(axes, labels)
    return figure


def draw_epochs(epochs: pd.DataFrame, name: str) -> Figure:
    """Validation F1 over epochs: a thin line per seed, a thick one for the mean, a ring at each epoch that was kept.

    Rings are on the line of entity F1, the score that chooses epochs unless the protocol keeps the last.
    """
    figure, axes = new_figure(3.6)
    labels = []
    for metric, (title, colour) in F1.items():
        for _, of_seed in epochs.groupby("seed"):
            axes.plot(of_seed["epoch"], of_seed[f"validation_{metric}"], color=colour, linewidth=0.8, alpha=0.5)
        means = epochs.groupby("epoch")[f"validation_{metric}"].mean()
        axes.plot(means.index, means, color=colour, marker="o", markersize=3)
        labels.append(Label(float(means.iloc[-1]), title, colour))
    ringed = epochs[epochs["kept"] == 1]
    axes.plot(ringed["epoch"], ringed["validation_entity_f1"], "o", color="white", mec=BLUE, mew=2, ms=9, zorder=3)
    rings = f"○ kept epoch{'' if len(ringed) == 1 else 's'}: {', '.join(map(str, ringed['epoch']))}"
    axes.set_title(f"{name}: F1 on the validation split")
    axes.set_xlabel(f"epoch ({rings})")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    axes.grid(axis="y")
    label_lines(axes, labels)
    return figure


def draw_typos(typos: pd.DataFrame, name: str) -> Figure:
    """A panel per score: F1 over the share of misspelt words; bands are 95 % intervals over sentences."""
    figure = Figure(figsize=(WIDTH, 3.2))
    panels = figure.subplots(1, len(F1), sharey=True)
    for axes, (metric, (title, colour)) in zip(panels, F1.items(), strict=True):
        low, high = typos[f"{metric}_low"], typos[f"{metric}_high"]
        axes.fill_between(typos["rate"], low, high, color=colour, alpha=0.15, linewidth=0)
        axes.plot(typos["rate"], typos[metric], color=colour, marker="o")
        for end, offset, across, up in ((0, (4, 3), "left", "bottom"), (-1, (2, -5), "right", "top")):
            x, y = typos["rate"].iloc[end], typos[metric].iloc[end]
            axes.annotate(f"{y:.3f}", (x, y), offset, textcoords="offset points", color=colour, ha=across, va=up)
        axes.set_title(title)
        axes.set_xticks(typos["rate"], [f"{100 * rate:g} %" for rate in typos["rate"]])
        axes.grid(axis="y")
    figure.suptitle(f"{name}: F1 on the test split with typos", x=0.01, ha="left", fontsize=11)
    figure.supxlabel("words with a typo", fontsize=10)
    return figure
