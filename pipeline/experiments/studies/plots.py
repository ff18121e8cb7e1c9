"""Pictures of a study: scores with intervals, F1 and its cost, learning curves, and F1 under typos."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, FuncFormatter, LogLocator, MaxNLocator, NullFormatter
from textalloc import allocate

from pipeline.experiments.studies.page import PAPER
from pipeline.experiments.studies.pairs import Key
from pipeline.experiments.studies.results import Results
from pipeline.report.paper import set_name
from pipeline.report.plots.style import GREY, INK, ORANGE, WIDTH, Label, label_lines

COLOURS = ["#0072b2", "#d55e00", "#009e73", "#b0578d", "#3d9bd1", "#b97f00", "#30363d", "#7d858e"]
"""Colours of lines, distinct to the colour-blind too (after Okabe and Ito 2008, darkened for thin lines on white)."""
DASHES = ["-", "--", ":"]
Line = Mapping[float, float]


class Mark(NamedTuple):
    """A score with its name: a point, or a level line if it cost nothing."""

    text: str
    x: float | None
    y: float
    bars: tuple[float, float]
    """How far the interval reaches below the score and above it."""


def draw_scores(results: Results) -> Figure:
    """A panel per data set, a line per row: entity F1 with its interval, and the seeds as dots.

    Where rows are the paper's, it is token F1, with the paper's.
    """
    metric = choose_metric(results)
    rows = [row for row in results.study.rows if any(key[0] == row for key in results.means)]
    columns, sets = results.columns, results.sets
    figure = Figure(figsize=(WIDTH, 1.5 + (0.24 + 0.14 * len(columns)) * len(rows)))
    panels = figure.subplots(1, len(sets), sharey=True, squeeze=False)[0]
    for axes, name in zip(panels, sets, strict=True):
        for number, column in enumerate(columns):
            colour, shift = COLOURS[number % len(COLOURS)], 0.26 * (number - (len(columns) - 1) / 2)
            keys = {y: key for y, row in enumerate(rows) if (key := (row, column, name)) in results.means}
            means = [results.means[key] for key in keys.values()]
            for y, key in keys.items():
                seeds = results.seeds(key)[metric]
                axes.plot(seeds, [y + shift] * len(seeds), "o", color=colour, markersize=2.5, alpha=0.5)
            if means:
                values = [mean[metric] for mean in means]
                heights = [y + shift for y in keys]
                label = "here" if len(columns) == 1 else column
                bars = np.array([_bars(mean, metric) for mean in means]).T  # (2, rows)
                axes.errorbar(values, heights, xerr=bars, fmt="o", color=colour, markersize=5, label=label)
        theirs = {y: PAPER[row].f1[name] for y, row in enumerate(rows) if row in PAPER and name in PAPER[row].f1}
        if theirs and metric == "token_f1":
            axes.plot([*theirs.values()], [*theirs], "D", color=ORANGE, fillstyle="none", label="paper")
        axes.set_title(set_name(name))
        axes.set_yticks(range(len(rows)), rows)
        axes.grid(axis="x")
    panels[0].set_ylim(len(rows) - 0.5, -0.5)
    title = "token F1" if metric == "token_f1" else "entity F1"
    figure.supxlabel(f"{title}, 95 % interval of the mean, seeds as dots", fontsize=10, color=INK)
    handles = panels[0].get_legend_handles_labels()
    if len(handles[0]) > 1:
        figure.legend(*handles, loc="outside upper right", ncols=4, frameon=False)
    return figure


def draw_costs(results: Results) -> Figure:
    """A panel per data set: F1 over the CPU minutes of pretraining, on a logarithmic axis."""
    metric, sets = choose_metric(results), results.sets
    figure = Figure(figsize=(WIDTH, 0.4 + 3.7 * len(sets)))
    panels = figure.subplots(len(sets), 1, sharex=True, squeeze=False)[:, 0]
    marks = {name: [_mark(results, key, metric) for key in results.means if key[2] == name] for name in sets}
    for axes, name in zip(panels, sets, strict=True):
        for mark in marks[name]:
            _draw_mark(axes, mark)
        axes.set_title(f"{set_name(name)}: {metric.replace('_f1', ' F1')} with 95 % intervals")
        axes.margins(x=0.16, y=0.14)
        axes.grid()
        axes.set_xscale("log")  # with numbers as people write them; some between 1, 2, 5 where the axis is short
        axes.xaxis.set_major_locator(_locate(*axes.get_xlim()))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
    panels[-1].set_xlabel("CPU minutes of pretraining, log scale")
    for axes, name in zip(panels, sets, strict=True):
        label_marks(axes, marks[name])
    return figure


def draw_curves(results: Results) -> Figure:
    """Perplexity of the language models over tokens read, then a panel per data set: F1 of the taggers by epoch."""
    perplexities = {_name(results, key): results.line(key, "perplexity") for key in results.means}
    trained = any(perplexities.values())
    figure = Figure(figsize=(WIDTH, 3.1 * (trained + len(results.sets))))
    panels = iter(figure.subplots(trained + len(results.sets), 1, squeeze=False)[:, 0])
    if trained:
        axes = next(panels)
        axes.set_yscale("log")
        _draw_lines(axes, perplexities)
        axes.set_title("Language models: validation perplexity, log scale")
        axes.set_xlabel("tokens read")
        axes.set_xlim(left=0)
        axes.xaxis.set_major_formatter(EngFormatter(sep=" "))
        axes.yaxis.set_major_locator(_locate(*axes.get_ylim()))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
    for axes, name in zip(panels, results.sets, strict=True):
        _draw_lines(axes, _lines(results, name, "epochs"))
        axes.set_title(f"{set_name(name)}: entity F1 of the taggers on the validation split, mean over seeds")
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    return figure


def draw_typos(results: Results) -> Figure:
    """A panel per data set: F1 over the share of misspelt words, a line per row."""
    figure = Figure(figsize=(WIDTH, 3.4 * len(results.sets)))
    for axes, name in zip(figure.subplots(len(results.sets), 1, squeeze=False)[:, 0], results.sets, strict=True):
        lines = _lines(results, name, "typos")
        _draw_lines(axes, lines, marker="o")
        rates = sorted({rate for line in lines.values() for rate in line})
        axes.set_xticks(rates, [f"{100 * rate:g} %" for rate in rates])
        axes.set_title(f"{set_name(name)}: entity F1 on the test split with typos")
        axes.set_xlabel("words with a typo")
    return figure


Drawing = Callable[[Results], Figure]


def choose_drawings(results: Results) -> dict[str, Drawing]:
    """Return the pictures, by name, in which something is to be seen."""
    if not results.means:
        return {}
    drawings: dict[str, Drawing] = {"scores": draw_scores}
    if results.rows.cpu_minutes.nunique() > 1:
        drawings["cost"] = draw_costs
    for name, curve, draw in (("curves", "epochs", draw_curves), ("typos", "typos", draw_typos)):
        if results.curves[results.curves.curve == curve].x.nunique() > 1:
            drawings[name] = draw
    return drawings


def choose_metric(results: Results) -> str:
    """Return the paper's metric where a row is the paper's, else entity F1."""
    return "token_f1" if any(key[0] in PAPER for key in results.means) else "entity_f1"


def _name(results: Results, key: Key) -> str:
    return results.study.title(key[0], key[1])


def _lines(results: Results, name: str, curve: str) -> dict[str, Line]:
    return {_name(results, key): results.line(key, curve) for key in results.means if key[2] == name}


def _bars(mean: pd.Series, metric: str) -> tuple[float, float]:
    return max(mean[metric] - mean[f"{metric}_low"], 0), max(mean[f"{metric}_high"] - mean[metric], 0)


def _mark(results: Results, key: Key, metric: str) -> Mark:
    mean = results.means[key]
    x = mean.cpu_minutes if pd.notna(mean.cpu_minutes) and mean.cpu_minutes > 0 else None
    name = _name(results, key)
    return Mark(name if x else f"{name}, no pretraining", x, mean[metric], _bars(mean, metric))


def _draw_mark(axes: Axes, mark: Mark) -> None:
    if mark.x is None:  # with its interval, across all costs
        axes.axhspan(mark.y - mark.bars[0], mark.y + mark.bars[1], color=GREY, alpha=0.16, linewidth=0)
        axes.axhline(mark.y, color=GREY, linewidth=1.2, linestyle="--")
    else:
        bars = np.reshape(mark.bars, (2, 1))
        axes.errorbar([mark.x], [mark.y], yerr=bars, fmt="o", color=COLOURS[0], markersize=6, elinewidth=1.4, capsize=3)


def label_marks(axes: Axes, marks: Sequence[Mark]) -> None:
    """Name all marks, where the names hide neither a mark nor its interval nor each other, if there is room.

    The limits of the axes stay as they are.
    """
    axes.autoscale(False)
    left, right = axes.get_xlim()
    names = sorted(marks, key=lambda mark: (mark.x is not None, -mark.y, mark.x or 0))
    with redirect_stdout(None):  # it prints where names do not fit
        allocate(
            axes,
            [left if mark.x is None else mark.x for mark in names],
            [mark.y for mark in names],
            [mark.text for mark in names],
            x_scatter=[mark.x for mark in names if mark.x is not None],
            y_scatter=[mark.y for mark in names if mark.x is not None],
            x_lines=[[left, right] if mark.x is None else [mark.x, mark.x] for mark in names],
            y_lines=[[m.y, m.y] if m.x is None else [m.y - m.bars[0], m.y + m.bars[1]] for m in names],
            textcolor=INK,
            linecolor=["none" if mark.x is None else INK for mark in names],
            linewidth=0.6,
            avoid_label_lines_overlap=True,
        )


def _draw_lines(axes: Axes, lines: Mapping[str, Line], marker: str = "") -> None:
    """Draw the lines that have points, named at their ends; a row has the same colour in all pictures."""
    labels = []
    for number, (label, line) in enumerate(lines.items()):
        if line:
            colour, dashes = COLOURS[number % len(COLOURS)], DASHES[number // len(COLOURS) % len(DASHES)]
            axes.plot([*line], [*line.values()], color=colour, linestyle=dashes, linewidth=1.6, marker=marker)
            labels.append(Label([*line.values()][-1], label, colour))
    axes.grid(axis="y")
    label_lines(axes, labels)


def _locate(low: float, high: float) -> LogLocator:
    return LogLocator(subs=[1, 2, 5] if high > 10 * low else [1, 1.5, 2, 3, 4, 5, 7])
