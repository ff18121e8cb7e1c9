"""metrics/tables.html, its pictures and its tests of pairs."""

import re
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from pipeline.experiments.tables.pairs import Difference, Pairs, correct
from pipeline.experiments.tables.plots import DRAWINGS, Mark, choose_drawings, draw_curves, label_marks
from pipeline.experiments.tables.rows import Row
from pipeline.experiments.tables.sweep import Sweep, render

from pipeline.report.pages.render import render_html
from pipeline.report.plots.style import Label, label_lines, save
from tests.pages import Page
from tests.sweep.fake import make_lm, make_row

HOSTILE = "<script>\"&'"
FORMULA = "\\_{$x^$"
"""The name of an architecture: matplotlib would read what stands between dollars as a formula, and fail."""


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    mine = make_row("mine", arch=FORMULA, lm=make_lm("mine") | {"minutes": 40.0}, revision=HOSTILE)
    return [make_row("gru"), make_row("charcnn"), mine]


@pytest.fixture(scope="module")
def sweep(rows: list[Row]) -> Sweep:
    differences = {(2, 0): Difference(0.1, 0.0005, True), (2, 1): Difference(0.2, None, False)}
    pairs = Pairs("wikineural", [2, 0, 1], differences | {(0, 1): Difference(0.1, 0.04, False)}, {})
    return Sweep("demo", "ours", rows, ["sru"], "Of `workspace`.", [pairs])


@pytest.fixture(scope="module")
def pictures(rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("pictures")
    return {f"tables.{x}": save(folder, x, draw, rows, ["wikineural"]) for x, draw in choose_drawings(rows).items()}


def test_the_page_needs_nothing_else_and_says_what_the_rows_say(sweep: Sweep, pictures: dict[str, str]) -> None:
    text = render(sweep, DRAWINGS)
    source = render_html(text, pictures)
    page = Page.parse(source)
    page.check()
    assert "script" not in page.tags and HOSTILE in page.text and "<code>workspace</code>" in source
    assert len(page.pictures) == len(DRAWINGS)
    certain = page.rows("With what certainty")
    assert [FORMULA, "+0.100 * (p 0.0005)", "+0.200 (p –)"] in certain
    assert ["gru", "", "+0.100 (p 0.0400)"] in certain
    assert "| **+0.100** * (p 0.0005) | +0.200 (p –) |" in re.sub(" +", " ", text)
    assert ["gru and charcnn", "python -m pipeline compare of-gru of-charcnn"] in certain
    assert source == render_html(render(sweep, DRAWINGS), pictures)


def test_without_rows_and_without_a_language_model_nothing_is_empty(rows: list[Row]) -> None:
    nothing = Sweep("demo", "ours", [], ["sru"], "", [])
    assert choose_drawings([]) == {}
    Page.parse(render_html(render(nothing, []), {})).check()
    bare = rows[1]._replace(typos={})
    assert len(draw_curves([bare], ["wikineural"]).axes) == 1
    drawn = [*choose_drawings([bare])]
    assert drawn == ["size", "f1", "curves"]
    sweep = Sweep("local", "ours", [bare], [], "", [])
    page = Page.parse(render_html(render(sweep, drawn), {f"tables.{name}": "<svg ></svg>" for name in drawn}))
    page.check()
    assert "Typos" not in page.titles and "generated" not in page.text


def test_pictures_show_every_row_by_name(pictures: dict[str, str], rows: list[Row]) -> None:
    for name, svg in pictures.items():
        texts = re.findall(r"<text[^>]*>([^<]+)</text>", svg)
        for arch in ("gru", FORMULA):
            assert texts.count(arch) >= 1, (name, arch)
        assert any("charcnn" in text for text in texts), name
        assert "<dc:date>" not in svg
    assert "sru12, paper" in pictures["tables.size"] and "paper" not in pictures["tables.cost"]


def test_holm_is_the_step_down_of_the_definition() -> None:
    random = np.random.default_rng(1)
    for _ in range(200):
        keys = list(combinations(range(4), 2))
        p = dict(zip(keys, random.beta(0.3, 4, size=len(keys)).tolist(), strict=True))
        ordered = sorted(p.values())
        fails = [value for rank, value in enumerate(ordered) if value * (len(p) - rank) > 0.05]
        assert correct(p) == {key for key, value in p.items() if value < min(fails, default=2)}


def name_points(points: np.ndarray) -> Axes:
    """A picture of points (number, 2) with their names, drawn."""
    figure = Figure(figsize=(7, 4))
    axes = figure.subplots()
    axes.plot(points[:, 0], points[:, 1], "o")
    axes.set(xlim=(0, 1), ylim=(0, 1))
    figure.draw_without_rendering()
    label_marks(axes, [Mark(f"name {n}", x, y, (0.02, 0.02), True) for n, (x, y) in enumerate(points.tolist())])
    figure.draw_without_rendering()
    return axes


def test_names_hide_neither_points_nor_each_other_and_are_where_they_were() -> None:
    points = np.random.default_rng(2).normal(0.5, 0.1, size=(9, 2))
    axes, again = name_points(points), name_points(points)
    boxes = [Text.get_window_extent(text) for text in axes.texts]
    assert [box.bounds for box in boxes] == [Text.get_window_extent(text).bounds for text in again.texts]
    assert sorted(text.get_text() for text in axes.texts) == [f"name {n}" for n in range(9)]
    for a, b in combinations(boxes, 2):
        assert not a.overlaps(b)
    assert not any(box.contains(x, y) for box in boxes for x, y in axes.transData.transform(points))


def test_names_of_lines_stay_beside_the_picture() -> None:
    figure = Figure(figsize=(7, 4))
    axes = figure.subplots()
    axes.set_ylim(0, 1)
    label_lines(axes, [Label(0.02 * n, str(n), "black") for n in range(9)])
    heights = {text.get_text(): text.get_position()[1] for text in axes.texts}
    ordered = [heights[str(n)] for n in range(9)]
    assert min(ordered) > -1e-9 and max(ordered) <= 1
    assert (pd.Series(ordered).diff().dropna() > 0.07).all()
