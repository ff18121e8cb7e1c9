"""Pictures of a study: scores, F1 over cost and over tokens that were read, learning curves, and F1 under typos."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from math import isnan
from textwrap import fill
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import EngFormatter, Formatter, FuncFormatter, LogLocator, MaxNLocator, NullFormatter
from textalloc import allocate

from pipeline.experiments.studies.page import PAPER
from pipeline.experiments.studies.pairs import Key
from pipeline.experiments.studies.results import Results
from pipeline.ner.scoring.scores import deviation
from pipeline.report.colours import GREY, INK, ORANGE
from pipeline.report.paper import set_name
from pipeline.report.plots.style import WIDTH

COLOURS = ["#0072b2", "#d55e00", "#009e73", "#b0578d", "#3d9bd1", "#b97f00", "#30363d", "#7d858e"]
"""Colours of lines, distinct to the colour-blind too (after Okabe and Ito 2008, darkened for thin lines on white)."""
DASHES = ["-", "--", ":", "-."]
NAME_HEIGHT, LINE_HEIGHT = 0.22, 0.18
"""Inches, in the picture of scores, of the name of a row, and of a line below it."""
ABREAST = 2
"""Data sets beside each other there."""
LONGEST = 60
"""Characters of the name of a row, half of them beside a point; of a longer one the end is left out."""
LONGEST_ABREAST = 30
"""Characters of the names of lines that can stand in two columns."""
PUBLISHED = "published in the paper"
"""The line of the paper's own score."""
Line = Mapping[float, float]


class Mark(NamedTuple):
    """A score with its name."""

    text: str
    x: float
    y: float
    bars: tuple[float, float]
    """How far the interval reaches below the score and above it."""


def draw_scores(results: Results) -> Figure:
    """A forest plot: a panel per data set, the name of each row above its lines, one for each column.

    A line is the 95 % interval of entity F1, with the mean as a point and as a number, and the seeds as small dots.
    Where rows are the paper's, it is token F1, and the paper's stands below.
    """
    metric = choose_metric(results)
    rows = [row for row in results.study.rows if any(key[0] == row for key in results.means)]
    columns, sets = results.columns, results.sets
    theirs = {
        (row, name): PAPER[row].f1[name]
        for row in rows
        for name in sets
        if metric == "token_f1" and row in PAPER and name in PAPER[row].f1
    }
    lines = {
        row: [x for x in columns if any((row, x, name) in results.means for name in sets)]
        + [PUBLISHED] * any((row, name) in theirs for name in sets)
        for row in rows
    }
    height = {row: NAME_HEIGHT + LINE_HEIGHT * len(lines[row]) + 0.06 for row in rows}  # inches
    rows_of = {name: [row for row in rows if any((row, x, name) in results.means for x in columns)] for name in sets}
    # Only panels with the same rows can stand beside each other: their names are written once.
    abreast = min(len(sets), ABREAST) if all(x == rows for x in rows_of.values()) else 1
    heights = [0.75 + sum(height[row] for row in rows_of[name]) for name in sets[::abreast]]
    figure = Figure(figsize=(WIDTH, sum(heights) + 0.35))
    panels = figure.subplots(len(heights), abreast, squeeze=False, height_ratios=heights).ravel()
    for axes in panels[len(sets) :]:
        axes.remove()
    for place, (axes, name) in enumerate(zip(panels, sets, strict=False)):
        top = 0.0
        for row in rows_of[name]:
            axes.axhline(top, color=GREY, linewidth=0.4)
            if place % abreast == 0:
                axes.text(0, top + NAME_HEIGHT / 2, _shorten(row), va="center", in_layout=False, **_at_left(axes))
            for line, column in enumerate(lines[row]):
                y = top + NAME_HEIGHT + LINE_HEIGHT * (line + 0.5)
                if (key := (row, column, name)) in results.means:
                    colour = COLOURS[columns.index(column)]
                    _draw_interval(axes, y, results.means[key], results.seeds(key)[metric], metric, colour)
                elif column == PUBLISHED and (row, name) in theirs:
                    axes.plot([theirs[row, name]], [y], "D", color=ORANGE, markersize=4, fillstyle="none")
                    _write_value(axes, y, theirs[row, name], ORANGE)
            top += height[row]
        axes.set_title(set_name(name), color=INK)
        axes.set_yticks([])
        axes.set_ylim(top, 0)
        axes.margins(x=0.08)
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.spines["left"].set_visible(False)
        axes.patch.set_visible(False)  # it would hide the end of a long name
        axes.grid(axis="x")
    title = "token F1" if metric == "token_f1" else "entity F1"
    figure.supxlabel(f"{title} and its 95 % interval; small dots are seeds", fontsize=10, color=INK)
    names = columns if len(results.study.columns) > 1 else ["here"]
    handles = [Line2D([], [], color=COLOURS[n], marker="o", label=column) for n, column in enumerate(names)]
    if theirs:
        handles += [Line2D([], [], color=ORANGE, marker="D", fillstyle="none", linestyle="none", label=PUBLISHED)]
    if theirs or len(results.study.columns) > 1:
        figure.legend(handles=handles, loc="outside upper right", ncols=4, frameon=False)
    return figure


def _at_left(axes: Axes) -> dict[str, Any]:
    """Return where the name of a row begins: at the left of the axes, over all panels beside them."""
    return {"transform": axes.get_yaxis_transform(), "clip_on": False}


def _draw_interval(axes: Axes, y: float, mean: pd.Series, seeds: pd.Series, metric: str, colour: str) -> None:
    axes.plot(seeds, [y] * len(seeds), "o", color=colour, markersize=2.5, alpha=0.5)
    axes.errorbar([mean[metric]], [y], xerr=np.reshape(_bars(mean, metric), (2, 1)), fmt="o", color=colour)
    _write_value(axes, y, mean[metric], colour)


def _write_value(axes: Axes, y: float, value: float, colour: str) -> None:
    axes.text(1.03, y, f"{value:.3f}", color=colour, va="center", fontsize=9, transform=axes.get_yaxis_transform())


def draw_costs(results: Results) -> Figure:
    """A panel per data set and column: F1 over the CPU minutes of all that was trained, on a logarithmic axis."""
    metric, tables = choose_metric(results), [*results.tables()]
    figure = Figure(figsize=(WIDTH, 0.4 + 3.2 * len(tables)))
    panels = figure.subplots(len(tables), 1, sharex=True, squeeze=False)[:, 0]
    marks = [[_mark(results, key, metric) for key in results.means if key[1:] == names[::-1]] for names in tables]
    for axes, of_panel, (name, column) in zip(panels, marks, tables, strict=True):
        for mark in of_panel:
            bars = np.reshape(mark.bars, (2, 1))
            axes.errorbar([mark.x], [mark.y], yerr=bars, fmt="o", color=COLOURS[0], elinewidth=1.4, capsize=3)
        axes.set_title(f"{results.title(name, column)}: {metric.replace('_f1', ' F1')} with 95 % intervals")
        axes.margins(x=0.2, y=0.14)
        axes.grid()
        axes.set_xscale("log")
        _number(axes.xaxis, FuncFormatter(lambda value, _: f"{value:g}"))
    panels[-1].set_xlabel("CPU minutes of encoder, language model and one tagger, log scale")
    for axes, of_panel in zip(panels, marks, strict=True):
        label_marks(axes, of_panel)
    return figure


def draw_curves(results: Results) -> Figure:
    """Perplexity of the language models over tokens read, then a panel per data set: F1 of the taggers by epoch."""
    perplexities = {key[:2]: results.line(key, "perplexity") for key in results.means}
    trained = any(perplexities.values())
    figure = _figure_of_lines(results, 3.0 * (trained + len(results.sets)))
    panels = iter(figure.subplots(trained + len(results.sets), 1, squeeze=False)[:, 0])
    if trained:
        axes = next(panels)
        axes.set_yscale("log")
        _draw_lines(axes, results, perplexities)
        axes.set_title("Language models: validation perplexity, log scale")
        axes.set_xlabel("tokens read")
        axes.set_xlim(left=0)
        axes.xaxis.set_major_formatter(EngFormatter(sep=" "))
        _number(axes.yaxis, FuncFormatter(lambda value, _: f"{value:,.0f}"))
    for axes, name in zip(panels, results.sets, strict=True):
        _draw_lines(axes, results, _lines(results, name, "epochs"))
        axes.set_title(fill(f"{set_name(name)}: validation entity F1, mean over seeds", LONGEST))
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    return figure


def draw_tokens(results: Results) -> Figure:
    """Perplexity, then a panel per data set with entity F1, over the tokens that a language model has read.

    A line per row, a point per column, bars as large as the deviation over the seeds. A row without a language model is
    a level line.
    """
    styles = {row: _style(results, row, results.columns[0]) for row in dict.fromkeys(row for row, *_ in results.means)}
    number = 1 + len(results.sets)
    figure = _figure_with_legend(
        [Line2D([], [], label=_shorten(row), **style) for row, style in styles.items()], 3.0 * number
    )
    top, *panels = figure.subplots(number, 1, sharex=True)
    for axes, name in zip(panels, results.sets, strict=True):
        for row, style in styles.items():
            means = {key: mean for key, mean in results.means.items() if (key[0], key[2]) == (row, name)}
            read = sorted((mean.tokens, key) for key, mean in means.items() if not isnan(mean.tokens))
            tokens, keys = [tokens for tokens, _ in read], [key for _, key in read]
            f1 = [means[key].entity_f1 for key in keys]
            errors = [deviation(results.seeds(key).entity_f1.tolist()) or 0 for key in keys]
            axes.errorbar(tokens, f1, yerr=errors, marker="o", elinewidth=1.2, capsize=3, **style)
            if axes is panels[0]:
                top.plot(tokens, [means[key].perplexity for key in keys], marker="o", **style)
            for level in {mean.entity_f1 for key, mean in means.items() if key not in keys}:
                axes.axhline(level, **style)
        axes.set_title(f"{set_name(name)}: entity F1, mean and deviation over seeds")
        axes.grid(axis="y")
    top.set_title("validation perplexity, log scale")
    top.set_yscale("log")
    _number(top.yaxis, FuncFormatter(lambda value, _: f"{value:,.0f}"))
    top.grid(axis="y")
    panels[-1].set_xscale("log")
    _number(panels[-1].xaxis, EngFormatter(sep=" "))
    panels[-1].set_xlabel("tokens read by the language model, log scale; a text read again counts again")
    return figure


def draw_typos(results: Results) -> Figure:
    """A panel per data set: F1 over the share of misspelt words, a line per row."""
    figure = _figure_of_lines(results, 3.0 * len(results.sets))
    for axes, name in zip(figure.subplots(len(results.sets), 1, squeeze=False)[:, 0], results.sets, strict=True):
        lines = _lines(results, name, "typos")
        _draw_lines(axes, results, lines, marker="o")
        rates = sorted({rate for line in lines.values() for rate in line})
        axes.set_xticks(rates, [f"{100 * rate:g} %" for rate in rates])
        axes.set_title(fill(f"{set_name(name)}: entity F1 on the test split with typos", LONGEST))
        axes.set_xlabel("words with a typo")
    return figure


Drawing = Callable[[Results], Figure]


def choose_drawings(results: Results) -> dict[str, Drawing]:
    """Return the pictures, by name, in which something is to be seen."""
    if not results.means:
        return {}
    drawings: dict[str, Drawing] = {"scores": draw_scores}
    if (results.rows.cpu_minutes + results.rows.tagger_cpu_minutes).nunique() > 1:
        drawings["cost"] = draw_costs
    # Only where it is asked for: columns may differ in tokens for other reasons, which a line would wrongly join.
    if results.study.picture == "tokens" and results.rows.tokens.nunique() > 1:
        drawings["tokens"] = draw_tokens
    for name, curve, draw in (("curves", "epochs", draw_curves), ("typos", "typos", draw_typos)):
        if results.curves[results.curves.curve == curve].x.nunique() > 1:
            drawings[name] = draw
    return drawings


def choose_metric(results: Results) -> str:
    """Return the paper's metric where a row is the paper's, else entity F1."""
    return "token_f1" if any(key[0] in PAPER for key in results.means) else "entity_f1"


def _shorten(name: str, longest: int = LONGEST) -> str:
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def _lines(results: Results, name: str, curve: str) -> dict[tuple[str, str], Line]:
    """Return the curves of a data set by row and column."""
    return {key[:2]: results.line(key, curve) for key in results.means if key[2] == name}


def _bars(mean: pd.Series, metric: str) -> tuple[float, float]:
    return max(mean[metric] - mean[f"{metric}_low"], 0), max(mean[f"{metric}_high"] - mean[metric], 0)


def _mark(results: Results, key: Key, metric: str) -> Mark:
    mean = results.means[key]
    minutes = mean.cpu_minutes + mean.tagger_cpu_minutes
    return Mark(_shorten(key[0], LONGEST // 2), minutes, mean[metric], _bars(mean, metric))


def label_marks(axes: Axes, marks: Sequence[Mark]) -> None:
    """Name all marks, where the names hide neither a mark nor its interval nor each other, if there is room.

    The limits of the axes stay as they are.
    """
    axes.autoscale(False)
    names = sorted(marks, key=lambda mark: (-mark.y, mark.x))
    with redirect_stdout(None):  # it prints where names do not fit
        allocate(
            axes,
            [mark.x for mark in names],
            [mark.y for mark in names],
            [mark.text for mark in names],
            x_scatter=[mark.x for mark in names],
            y_scatter=[mark.y for mark in names],
            x_lines=[[mark.x, mark.x] for mark in names],
            y_lines=[[mark.y - mark.bars[0], mark.y + mark.bars[1]] for mark in names],
            textcolor=INK,
            textsize=9,
            linecolor=INK,
            linewidth=0.6,
            avoid_label_lines_overlap=True,
        )
    for text in axes.texts:
        text.set_in_layout(False)  # the axes are as large as they were when room was looked for


def _figure_of_lines(results: Results, height: float) -> Figure:
    """A figure for lines, `height` inches high without the names of rows and columns, which stand at its top."""
    styles = {names: _style(results, *names) for names in dict.fromkeys(key[:2] for key in results.means)}
    rows = {row: style for (row, _), style in reversed(styles.items())}
    columns = {column: styles[names]["linestyle"] for names in reversed(styles) for column in [names[1]]}
    handles = [Line2D([], [], label=_shorten(row), **style) for row, style in reversed(rows.items())]
    if len(columns) > 1:
        handles += [Line2D([], [], label=name, color=GREY, linestyle=dash) for name, dash in reversed(columns.items())]
    return _figure_with_legend(handles, height)


def _figure_with_legend(handles: list[Line2D], height: float) -> Figure:
    """A figure, `height` inches high without these names, which stand at its top."""
    abreast = 1 if max(len(str(handle.get_label())) for handle in handles) > LONGEST_ABREAST else 2
    figure = Figure(figsize=(WIDTH, height + 0.2 * -(-len(handles) // abreast)))
    figure.legend(handles=handles, loc="outside upper left", ncols=abreast, frameon=False, fontsize=9)
    return figure


def _draw_lines(axes: Axes, results: Results, lines: Mapping[tuple[str, str], Line], marker: str = "") -> None:
    """Draw the lines that have points."""
    for names, line in lines.items():
        if line:
            axes.plot([*line], [*line.values()], linewidth=1.6, marker=marker, **_style(results, *names))
    axes.grid(axis="y")


def _style(results: Results, row: str, column: str) -> dict[str, Any]:
    """Return the style of a line: a colour for each row and dashes for each column, the same in all pictures."""
    number, columns = [*results.study.rows].index(row), [*results.study.columns]
    dashes = columns.index(column) + len(columns) * (number // len(COLOURS))
    return {"color": COLOURS[number % len(COLOURS)], "linestyle": DASHES[dashes % len(DASHES)]}


def _number(axis: Axis, formatter: Formatter) -> None:
    """Number a logarithmic axis as people write numbers; some lie between 1, 2 and 5 where it is short."""
    low, high = axis.get_view_interval()
    axis.set_major_locator(LogLocator(subs=[1, 2, 5] if high > 10 * low else [1, 1.5, 2, 3, 4, 5, 7]))
    axis.set_major_formatter(formatter)
    axis.set_minor_formatter(NullFormatter())
