"""Pictures of the tables: F1 beside the paper's, what it cost, how it was learnt and what typos do to it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from pipeline.experiments.tables.labels import Mark, label_level, label_marks
from pipeline.experiments.tables.row import Row, Score
from pipeline.report.paper import LARGE_MODELS, MODELS, set_name
from pipeline.report.plots.style import BLUE, GREY, INK, ORANGE, WIDTH, Label, label_lines

METRIC = "token_f1"
"""The paper's, so that its points can stand beside ours."""
PALE, THEIRS, SOFT = "#d9a98a", "#a8623a", "#57606a"
"""The paper's points and their names; what is said by the way."""
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#b0578d", "#3d9bd1", "#b97f00", "#30363d", "#7d858e"]
"""Of lines, told apart in any kind of sight (after Okabe and Ito 2008, darkened for thin lines on white)."""
DASHES = ["-", "--", ":"]


class Points(NamedTuple):
    """Our rows and the paper's, and the score without any recurrent layer."""

    ours: list[Mark]
    theirs: list[Mark]
    base: Score | None
    their_base: float | None


def draw_scores(rows: Sequence[Row], sets: Sequence[str]) -> Figure:
    """A panel a data set, a line an architecture: our F1 with its interval, and the paper's."""
    figure = Figure(figsize=(WIDTH, 1.3 + 0.36 * max(len(rows), 1)))
    panels = figure.subplots(1, len(sets), sharey=True, squeeze=False)[0]
    names = label_rows(rows)
    for axes, name in zip(panels, sets, strict=True):
        places = [place for place, row in enumerate(rows) if name in row.scores]
        found = [rows[place].scores[name][METRIC] for place in places]
        axes.errorbar([f.mean for f in found], places, xerr=_bars(found), fmt="o", color=BLUE, label="here")
        theirs = [(f1, place) for place, row in enumerate(rows) if (f1 := _paper_f1(row.arch, name)) is not None]
        x, y = [f1 for f1, _ in theirs], [place for _, place in theirs]
        axes.plot(x, y, "D", color=ORANGE, fillstyle="none", label="paper")
        axes.set_title(set_name(name))
        axes.set_yticks(range(len(rows)), names)
        axes.grid(axis="x")
    panels[0].set_ylim(len(rows) - 0.5, -0.5)
    figure.supxlabel("token F1, 95 % interval", fontsize=10, color=INK)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper right", ncols=2, frameon=False)
    return figure


def draw_costs(rows: Sequence[Row], sets: Sequence[str]) -> Figure:
    """A panel a data set: minutes of pretraining, on a logarithmic axis, against F1; the paper gives no times."""
    return _draw_points(rows, sets, lambda row: row.lm.get("minutes"), None, "minutes of pretraining, log scale")


def draw_sizes(rows: Sequence[Row], sets: Sequence[str]) -> Figure:
    """A panel a data set: parameters of the recurrent block, on a logarithmic axis, against F1; and the paper's."""
    title = "parameters of recurrent layers and projection, millions, log scale"
    return _draw_points(rows, sets, lambda row: row.lm["parameters_m"], _paper_size, title)


def draw_curves(rows: Sequence[Row], sets: Sequence[str]) -> Figure:
    """Perplexity of the language models over tokens read, then a panel a data set: F1 of the taggers by epoch."""
    trained = [not row.curve.empty for row in rows]
    figure = Figure(figsize=(WIDTH, 3.1 * (any(trained) + len(sets))))
    panels = iter(figure.subplots(any(trained) + len(sets), 1, squeeze=False)[:, 0])
    if any(trained):
        axes = next(panels)
        axes.set_yscale("log")
        _draw_lines(axes, rows, _by_tokens)
        axes.set_title("Language models: validation perplexity, log scale")
        axes.set_xlabel("tokens read")
        axes.set_xlim(left=0)
        axes.xaxis.set_major_formatter(EngFormatter(sep=" "))
        axes.yaxis.set_major_locator(_locator(*axes.get_ylim()))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
    for axes, name in zip(panels, sets, strict=True):
        _draw_lines(axes, rows, lambda row, name=name: _by_epoch(row, name))  # type: ignore[misc]
        axes.set_title(f"{set_name(name)}: entity F1 of the taggers on the validation split, mean over seeds")
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    return figure


def draw_typos(rows: Sequence[Row], sets: Sequence[str]) -> Figure:
    """A panel a data set: F1 over the share of misspelt words, a line an architecture."""
    figure = Figure(figsize=(WIDTH, 3.4 * len(sets)))
    for axes, name in zip(figure.subplots(len(sets), 1, squeeze=False)[:, 0], sets, strict=True):
        _draw_lines(axes, rows, lambda row, name=name: _by_rate(row, name), marker="o")  # type: ignore[misc]
        rates = sorted({rate for row in rows if name in row.typos for rate in row.typos[name]["rate"]})
        axes.set_xticks(rates, [f"{100 * rate:g} %" for rate in rates])
        axes.set_title(f"{set_name(name)}: entity F1 on the test split with typos")
        axes.set_xlabel("words with a typo")
    return figure


def label_rows(rows: Sequence[Row]) -> list[str]:
    """The architecture of each row, with its revision where that is not enough."""
    archs = [row.arch for row in rows]
    return [row.arch if archs.count(row.arch) == 1 else f"{row.arch}, {row.revision}" for row in rows]


def _draw_points(
    rows: Sequence[Row],
    sets: Sequence[str],
    cost: Callable[[Row], float | None],
    their_cost: Callable[[str], float | None] | None,
    title: str,
) -> Figure:
    figure = Figure(figsize=(WIDTH, 0.4 + 3.7 * len(sets)))
    panels = figure.subplots(len(sets), 1, sharex=True, squeeze=False)[:, 0]
    found = [_points(rows, name, cost, their_cost) for name in sets]
    for axes, name, points in zip(panels, sets, found, strict=True):
        _draw_base(axes, points)
        axes.plot([m.x for m in points.theirs], [m.y for m in points.theirs], "D", color=PALE, fillstyle="none")
        for mark in points.ours:
            bars = [[mark.y - mark.low], [mark.high - mark.y]]
            axes.errorbar([mark.x], [mark.y], yerr=bars, fmt="o", color=BLUE, markersize=6, elinewidth=1.4, capsize=3)
        paper = ", the paper's in a light colour" if their_cost else ""
        axes.set_title(f"{set_name(name)}: token F1 with 95 % intervals{paper}")
        axes.margins(x=0.16, y=0.14)
        axes.grid()
        _logarithmic(axes)
    panels[-1].set_xlabel(title)
    figure.draw_without_rendering()  # places are looked for in the layout as it will be
    for axes, points in zip(panels, found, strict=True):
        _name(axes, points)
    return figure


def _points(
    rows: Sequence[Row],
    name: str,
    cost: Callable[[Row], float | None],
    their_cost: Callable[[str], float | None] | None,
) -> Points:
    points = Points([], [], None, None)
    for row, label in zip(rows, label_rows(rows), strict=True):
        score = row.scores.get(name, {}).get(METRIC)
        if score and (x := cost(row)):
            points.ours.append(Mark(x, score.mean, min(score.low, score.mean), max(score.high, score.mean), label, INK))
        elif score and not row.layers:
            points = points._replace(base=score)
    if their_cost:
        for arch in [*MODELS, *LARGE_MODELS]:
            f1 = _paper_f1(arch, name)
            if f1 is not None and (x := their_cost(arch)):
                points.theirs.append(Mark(x, f1, f1, f1, f"{arch}, paper", THEIRS))
            elif f1 is not None:
                points = points._replace(their_base=f1)
    return points


def _draw_base(axes: Axes, points: Points) -> None:
    """What the char-CNN reaches alone, for nothing: a line with its interval, across all costs."""
    if points.base:
        axes.axhspan(points.base.low, points.base.high, color=GREY, alpha=0.16, linewidth=0)
        axes.axhline(points.base.mean, color=GREY, linewidth=1.2, linestyle="--")
    if points.their_base is not None:
        axes.axhline(points.their_base, color=PALE, linewidth=1, linestyle=":")


def _name(axes: Axes, points: Points) -> None:
    marks = [*points.ours, *points.theirs]
    if points.base:
        label_level(axes, points.base.mean, "charcnn, no recurrent layers", SOFT, marks)
    if points.their_base is not None:
        label_level(axes, points.their_base, "charcnn, paper", THEIRS, marks)
    label_marks(axes, marks)


def _draw_lines(axes: Axes, rows: Sequence[Row], values: Callable[[Row], "pd.Series[float]"], marker: str = "") -> None:
    """A line a row that has values, named at its end; a row keeps its colour in all pictures."""
    labels = []
    for number, (row, label) in enumerate(zip(rows, label_rows(rows), strict=True)):
        line = values(row)
        if line.empty:
            continue
        colour = COLOURS[number % len(COLOURS)]
        dashes = DASHES[number // len(COLOURS) % len(DASHES)]
        axes.plot(line.index, line, color=colour, linestyle=dashes, linewidth=1.6, marker=marker)
        labels.append(Label(float(line.iloc[-1]), label, colour))
    axes.grid(axis="y")
    label_lines(axes, labels)


def _by_tokens(row: Row) -> "pd.Series[float]":
    return pd.Series(dtype=float) if row.curve.empty else row.curve.set_index("tokens")["validation_perplexity"]


def _by_epoch(row: Row, name: str) -> "pd.Series[float]":
    if name not in row.epochs:
        return pd.Series(dtype=float)
    return row.epochs[name].groupby("epoch")["validation_entity_f1"].mean()


def _by_rate(row: Row, name: str) -> "pd.Series[float]":
    return row.typos[name].set_index("rate")["entity_f1"] if name in row.typos else pd.Series(dtype=float)


def _logarithmic(axes: Axes) -> None:
    """Numbers as people write them: 0.5, 1, 2, 5, 10; some between them where the axis is short."""
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(_locator(*axes.get_xlim()))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _locator(low: float, high: float) -> LogLocator:
    return LogLocator(subs=[1, 2, 5] if high > 10 * low else [1, 1.5, 2, 3, 4, 5, 7])


def _bars(found: Sequence[Score]) -> list[list[float]]:
    """How far the interval reaches to either side."""
    return [[max(f.mean - f.low, 0) for f in found], [max(f.high - f.mean, 0) for f in found]]


def _paper_f1(arch: str, name: str) -> float | None:
    model = MODELS.get(arch) or LARGE_MODELS.get(arch)
    return model.f1.get(name) if model else None


def _paper_size(arch: str) -> float | None:
    model = MODELS.get(arch) or LARGE_MODELS.get(arch)
    return model.parameters_m if model else None
