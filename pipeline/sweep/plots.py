"""Pictures of the tables: F1 beside the paper's, and what it cost."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from pipeline.report.paper import LARGE_MODELS, MODELS, set_name
from pipeline.report.plots.style import BLUE, GREY, INK, ORANGE, WIDTH
from pipeline.sweep.row import Row, Score

METRIC = "token_f1"


def draw_scores(rows: Sequence[Row], sets: Sequence[str]) -> Figure:
    """A panel a data set, a line an architecture: our F1 with its interval, and the paper's."""
    figure = Figure(figsize=(WIDTH, 1.3 + 0.36 * max(len(rows), 1)))
    panels = figure.subplots(1, len(sets), sharey=True, squeeze=False)[0]
    names = [row.arch for row in rows]
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
    """A panel a data set: minutes of pretraining, on a logarithmic axis, against F1; the free char-CNN is a line."""
    figure = Figure(figsize=(WIDTH, 3.6))
    panels = figure.subplots(1, len(sets), squeeze=False)[0]
    for axes, name in zip(panels, sets, strict=True):
        for row in rows:
            if name in row.scores:
                _mark(axes, row, row.scores[name][METRIC])
        _logarithmic(axes)
        axes.margins(x=0.25, y=0.12)
        axes.set_title(set_name(name))
        axes.grid()
    panels[0].set_ylabel("token F1, 95 % interval")
    figure.supxlabel("minutes of pretraining", fontsize=10, color=INK)
    return figure


def _logarithmic(axes: Axes) -> None:
    """Minutes as people write them: 0.5, 1, 2, 5, 10."""
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=[1, 2, 5]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda minutes, _: f"{minutes:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _mark(axes: Axes, row: Row, found: Score) -> None:
    minutes = row.lm.get("minutes")
    if not minutes:
        axes.axhline(found.mean, color=GREY, linewidth=1, linestyle="--")
        axes.annotate(row.arch, (0.99, found.mean), xycoords=("axes fraction", "data"), ha="right", va="bottom")
        return
    axes.errorbar([minutes], [found.mean], yerr=_bars([found]), fmt="o", color=BLUE)
    axes.annotate(row.arch, (minutes, found.mean), xytext=(6, 3), textcoords="offset points")


def _bars(found: Sequence[Score]) -> list[list[float]]:
    """How far the interval reaches to either side."""
    return [[max(f.mean - f.low, 0) for f in found], [max(f.high - f.mean, 0) for f in found]]


def _paper_f1(arch: str, name: str) -> float | None:
    model = MODELS.get(arch) or LARGE_MODELS.get(arch)
    return model.f1.get(name) if model else None
