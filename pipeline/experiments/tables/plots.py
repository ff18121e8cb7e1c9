"""Pictures of the tables: F1 compared with the paper's and with its cost, learning curves, and F1 under typos."""

from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from functools import partial
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, FuncFormatter, LogLocator, MaxNLocator, NullFormatter
from textalloc import allocate

from pipeline.experiments.tables.rows import Line, Row
from pipeline.report.paper import LARGE_MODELS, MODELS, Model, set_name
from pipeline.report.plots.style import BLUE, GREY, INK, ORANGE, WIDTH, Label, label_lines

METRIC = "token_f1"
"""The paper's metric, so that its points can be compared with ours."""
SIZE = "parameters_m"
MINUTES = "minutes of pretraining, log scale"
MILLIONS = "parameters of recurrent layers and projection, millions, log scale"
PAPER: dict[str, Model] = MODELS | LARGE_MODELS
PAPER_F1 = {arch: model.f1 for arch, model in PAPER.items()}
PALE, THEIRS = "#d9a98a", "#a8623a"
"""Colours of the paper's points and of their names."""
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#b0578d", "#3d9bd1", "#b97f00", "#30363d", "#7d858e"]
"""Colours of lines, distinct to the colour-blind too (after Okabe and Ito 2008, darkened for thin lines on white)."""
DASHES = ["-", "--", ":"]


class Mark(NamedTuple):
    """A score, ours or the paper's, with its name: a point, or a level line if it cost nothing."""

    text: str
    x: float | None
    y: float
    bars: tuple[float, float]
    """How far the interval reaches below the score and above it."""
    ours: bool


def label_rows(rows: Sequence[Row]) -> list[str]:
    """The architecture of each row, with the revision where several rows share it."""
    archs = [row.arch for row in rows]
    return [row.arch if archs.count(row.arch) == 1 else f"{row.arch}, {row.revision}" for row in rows]


def draw_scores(rows: Sequence[Row], sets: Sequence[str]) -> Figure:
    """A panel per data set, a line per architecture: our F1 with its interval, and the paper's."""
    figure = Figure(figsize=(WIDTH, 1.3 + 0.36 * max(len(rows), 1)))
    panels = figure.subplots(1, len(sets), sharey=True, squeeze=False)[0]
    for axes, name in zip(panels, sets, strict=True):
        ours = {y: row.scores[name][METRIC] for y, row in enumerate(rows) if name in row.scores}
        bars = np.reshape([score.bars for score in ours.values()], (-1, 2)).T  # (2, architectures)
        axes.errorbar([score.mean for score in ours.values()], [*ours], xerr=bars, fmt="o", color=BLUE, label="here")
        theirs = {y: f1[name] for y, row in enumerate(rows) if name in (f1 := PAPER_F1.get(row.arch, {}))}
        axes.plot([*theirs.values()], [*theirs], "D", color=ORANGE, fillstyle="none", label="paper")
        axes.set_title(set_name(name))
        axes.set_yticks(range(len(rows)), label_rows(rows))
        axes.grid(axis="x")
    panels[0].set_ylim(len(rows) - 0.5, -0.5)
    figure.supxlabel("token F1, 95 % interval", fontsize=10, color=INK)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper right", ncols=2, frameon=False)
    return figure


def draw_points(rows: Sequence[Row], sets: Sequence[str], cost: str, title: str) -> Figure:
    """A panel per data set: F1 over a cost of the language model, on a logarithmic axis; the paper has sizes only."""
    figure = Figure(figsize=(WIDTH, 0.4 + 3.7 * len(sets)))
    panels = figure.subplots(len(sets), 1, sharex=True, squeeze=False)[:, 0]
    marks = [_list_marks(rows, name, cost) for name in sets]
    note = ", the paper's in a light colour" if cost == SIZE else ""
    for axes, name, of_set in zip(panels, sets, marks, strict=True):
        for mark in of_set:
            _draw_mark(axes, mark)
        axes.set_title(f"{set_name(name)}: token F1 with 95 % intervals{note}")
        axes.margins(x=0.16, y=0.14)
        axes.grid()
        axes.set_xscale("log")  # with numbers as people write them; some between 1, 2, 5 where the axis is short
        axes.xaxis.set_major_locator(_locate(*axes.get_xlim()))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
    panels[-1].set_xlabel(title)
    for axes, of_set in zip(panels, marks, strict=True):
        label_marks(axes, of_set)
    return figure


def draw_curves(rows: Sequence[Row], sets: Sequence[str]) -> Figure:
    """Perplexity of the language models over tokens read, then a panel per data set: F1 of the taggers by epoch."""
    trained = any(row.perplexity for row in rows)
    figure = Figure(figsize=(WIDTH, 3.1 * (trained + len(sets))))
    panels = iter(figure.subplots(trained + len(sets), 1, squeeze=False)[:, 0])
    if trained:
        axes = next(panels)
        axes.set_yscale("log")
        _draw_lines(axes, rows, [row.perplexity for row in rows])
        axes.set_title("Language models: validation perplexity, log scale")
        axes.set_xlabel("tokens read")
        axes.set_xlim(left=0)
        axes.xaxis.set_major_formatter(EngFormatter(sep=" "))
        axes.yaxis.set_major_locator(_locate(*axes.get_ylim()))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
    for axes, name in zip(panels, sets, strict=True):
        _draw_lines(axes, rows, [row.epochs.get(name, {}) for row in rows])
        axes.set_title(f"{set_name(name)}: entity F1 of the taggers on the validation split, mean over seeds")
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    return figure


def draw_typos(rows: Sequence[Row], sets: Sequence[str]) -> Figure:
    """A panel per data set: F1 over the share of misspelt words, a line per architecture."""
    figure = Figure(figsize=(WIDTH, 3.4 * len(sets)))
    for axes, name in zip(figure.subplots(len(sets), 1, squeeze=False)[:, 0], sets, strict=True):
        lines = [row.typos.get(name, {}) for row in rows]
        _draw_lines(axes, rows, lines, marker="o")
        rates = sorted({rate for line in lines for rate in line})
        axes.set_xticks(rates, [f"{100 * rate:g} %" for rate in rates])
        axes.set_title(f"{set_name(name)}: entity F1 on the test split with typos")
        axes.set_xlabel("words with a typo")
    return figure


Drawing = Callable[[Sequence[Row], Sequence[str]], Figure]
DRAWINGS: dict[str, tuple[Drawing, Callable[[Row], object]]] = {
    "cost": (partial(draw_points, cost="minutes", title=MINUTES), lambda row: row.lm.get("minutes")),
    "size": (partial(draw_points, cost=SIZE, title=MILLIONS), lambda row: True),
    "f1": (draw_scores, lambda row: True),
    "curves": (draw_curves, lambda row: any(row.epochs.values())),
    "typos": (draw_typos, lambda row: any(row.typos.values())),
}
"""All pictures, each with the question whether a row has something to show in it."""


def choose_drawings(rows: Sequence[Row]) -> dict[str, Drawing]:
    """The pictures, by name, in which at least one row has something to show."""
    return {name: draw for name, (draw, shows) in DRAWINGS.items() if any(map(shows, rows))}


def _list_marks(rows: Sequence[Row], name: str, cost: str) -> list[Mark]:
    theirs = {arch: model for arch, model in PAPER.items() if cost == SIZE and name in model.f1}
    marks = [Mark(f"{arch}, paper", m.parameters_m or None, m.f1[name], (0, 0), False) for arch, m in theirs.items()]
    for row, label in zip(rows, label_rows(rows), strict=True):
        x, score = row.lm.get(cost), row.scores.get(name, {}).get(METRIC)
        if score and (x or not row.layers):
            text = label if x else f"{label}, no recurrent layers"
            marks.append(Mark(text, x or None, score.mean, score.bars, True))
    return marks


def _draw_mark(axes: Axes, mark: Mark) -> None:
    if mark.x is None and mark.ours:  # with its interval, across all costs
        axes.axhspan(mark.y - mark.bars[0], mark.y + mark.bars[1], color=GREY, alpha=0.16, linewidth=0)
        axes.axhline(mark.y, color=GREY, linewidth=1.2, linestyle="--")
    elif mark.x is None:
        axes.axhline(mark.y, color=PALE, linewidth=1, linestyle=":")
    elif mark.ours:
        bars = np.reshape(mark.bars, (2, 1))
        axes.errorbar([mark.x], [mark.y], yerr=bars, fmt="o", color=BLUE, markersize=6, elinewidth=1.4, capsize=3)
    else:
        axes.plot([mark.x], [mark.y], "D", color=PALE, fillstyle="none")


def label_marks(axes: Axes, marks: Sequence[Mark]) -> None:
    """Name all marks, where the names hide neither a mark nor its interval nor each other, if there is room.

    The limits of the axes stay as they are.
    """
    axes.autoscale(False)
    left, right = axes.get_xlim()
    names = sorted(marks, key=lambda mark: (mark.x is not None, -mark.y, mark.x or 0))
    colours = [INK if mark.ours else THEIRS for mark in names]
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
            textcolor=colours,
            linecolor=["none" if mark.x is None else colour for mark, colour in zip(names, colours, strict=True)],
            linewidth=0.6,
            avoid_label_lines_overlap=True,
        )


def _draw_lines(axes: Axes, rows: Sequence[Row], lines: Sequence[Line], marker: str = "") -> None:
    """Draw the lines of the rows that have one, named at their ends; a row has the same colour in all pictures."""
    labels = []
    for number, (label, line) in enumerate(zip(label_rows(rows), lines, strict=True)):
        if line:
            colour, dashes = COLOURS[number % len(COLOURS)], DASHES[number // len(COLOURS) % len(DASHES)]
            axes.plot([*line], [*line.values()], color=colour, linestyle=dashes, linewidth=1.6, marker=marker)
            labels.append(Label([*line.values()][-1], label, colour))
    axes.grid(axis="y")
    label_lines(axes, labels)


def _locate(low: float, high: float) -> LogLocator:
    return LogLocator(subs=[1, 2, 5] if high > 10 * low else [1, 1.5, 2, 3, 4, 5, 7])
