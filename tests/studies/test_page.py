"""The page of a study, its findings, its pictures, and its block in the documentation."""

import re
from dataclasses import replace
from itertools import combinations
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from pipeline.errors import UserError
from pipeline.experiments.studies.claims import judge_claims
from pipeline.experiments.studies.docs import fill_in, path_between
from pipeline.experiments.studies.findings import write_findings
from pipeline.experiments.studies.page import render, show, summarise
from pipeline.experiments.studies.pairs import Pair
from pipeline.experiments.studies.plots import Mark, choose_drawings, draw_curves, label_marks
from pipeline.experiments.studies.recipe import Sums
from pipeline.experiments.studies.record import read_curves, read_rows
from pipeline.experiments.studies.results import Results
from pipeline.experiments.studies.study import Study, list_cells
from pipeline.report.pages.render import render_html, write_page
from pipeline.report.plots.style import save
from tests.browser import LAYOUTS, check_layout
from tests.pages import Page
from tests.studies.fake import VALUES, Fake

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

HOSTILE = "<b>\"&'*_`, Ёлки \\_{$x^$"
"""A name that Markdown, HTML and matplotlib, which takes text between dollars for a formula, would misread."""
ROWS: dict[str, Any] = {HOSTILE: {"lm.training.clip": 0.3}, "gru": {"arch": "gru"}, "bare": {"arch": "charcnn"}}


def make_results(stale: tuple[str, ...] = (), missing: tuple[str, ...] = (), **study: Any) -> Results:
    """Results of a study whose rows were all run, but for the missing, on wikineural."""
    checked = Study(**{"question": "Which | is *best*?", "rows": ROWS} | study)
    rows, curves = [], []
    keys = [(row, column, "wikineural") for row in checked.rows for column in checked.columns]
    for cell in list_cells(checked, "demo", VALUES):
        if cell.row not in missing:
            revision = Fake(cell.row, **{key.replace(".", "__"): value for key, value in cell.settings.items()})
            rows.append(read_rows(cell, "wikineural", revision, Sums("s", "c"), f"of-{cell.row[:3]}"))
            curves.append(read_curves(cell, "wikineural", revision))
    tables = [pd.concat(tables, ignore_index=True) for tables in (rows, curves)]
    differences = {(HOSTILE, "gru"): (0.1, 0.0005), (HOSTILE, "bare"): (-0.2, nan), ("gru", "bare"): (-0.0001, 0.04)}
    column = next(iter(checked.columns))
    pairs = [
        Pair(column, "wikineural", a, b, "", difference, difference - 0.05, difference + 0.05, p)
        for (a, b), (difference, p) in differences.items()
        if checked.baseline in (None, a) and not {a, b} & {*stale, *missing}
    ]
    return Results("my_demo", checked, keys, tables[0], tables[1], pairs, {key for key in keys if key[0] in stale})


def parse(results: Results) -> Page:
    page = Page.parse(render_html(render(results, []), {"scores": "<svg ></svg>"}))
    page.check()
    return page


def test_the_page_says_what_the_rows_say() -> None:
    page = parse(make_results())
    assert "Which | is *best*?" in page.titles and "b" not in page.tags
    cost, settings = page.rows("What it cost"), page.rows("Settings")
    assert [row[0] for row in cost] == [row[0] for row in settings] == [*ROWS]
    assert cost[1][1:3] == ["1.50", "2.0"] and settings[0][1] == "lm.training.clip=0.3"
    matrix = page.rows("Which differ by more than chance")
    assert [HOSTILE, "+0.100 (p 0.0005) *", "-0.200 (p –)"] in matrix
    assert ["gru", "", "+0.000 (p 0.0400) *"] in matrix  # Holm: the second of two
    assert "studies/my_demo.yaml" in page.text and "commits of-<b>, of-bar, of-gru" in page.text.replace("\n", " ")


def test_scores_stand_beside_the_papers_and_in_the_terminal() -> None:
    results = make_results()
    table = summarise(results, "../results/my_demo", ["scores"])[None]
    line = next(line for line in table.splitlines() if line.startswith("| gru"))
    assert [cell.strip() for cell in line.split("|")[2:-1]] == [
        "0.600 ± 0.000", "0.550 to 0.660", "0.730", "0.410", "0.550", "0.500", "0.720 ± 0.028", "0.693",
        "20.0", "0.50 + 2.00", "2",
    ]  # fmt: skip
    assert "(../results/my_demo/scores.svg)" in table and "deviation of entity F1 between seeds is 0.000" in table
    assert "less than 0.071 in" in table.replace("\n", " ")  # 2.8 times 0.05 / 1.96
    assert re.search(r"gru +0.600 ± 0.000 +0.410 +0.550 +0.500 +0.720 +20.0", show(results, 100))
    assert max(map(len, show(results, 80).splitlines())) <= 80
    other = {"a": {"arch": "gru"}}
    assert "the paper's" in table and "the paper's" not in summarise(make_results(rows=other), ".", ["scores"])[None]


def test_a_readme_has_the_first_finding_and_a_line_for_each_row() -> None:
    columns = {"c": {"seed": 2}, "d": {}}
    findings = ["First, {{ f1('bare', 'wikineural') }}.", "Second."]
    parts = summarise(make_results(columns=columns, findings=findings, stale=("gru",)), "x", ["scores"])
    assert parts["finding"].startswith("**First, 0.600 ± 0.000.**") and "x/scores.png" in parts["finding"]
    assert "Second" not in parts["finding"]
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in parts["table"].splitlines()]
    assert lines[0][1:] == [
        "Parameters, M", "CPU minutes", "Perplexity, c", "Perplexity, d", "WikiNEuRal, c", "WikiNEuRal, d"
    ]  # fmt: skip
    assert lines[3] == ["gru †", "1.50", "0.50", "20.0", "20.0", "0.600", "0.600"]
    assert lines[4] == ["bare", "0.00", "0.50", "–", "–", "0.600", "0.600"]
    table = summarise(make_results(), "x", [])["table"]
    assert re.search(r"\| gru +\| +1.50 \| +0.50 \| +20.0 \| +0.600 \\\* \|", table) and "mean of 2 taggers" in table


def test_a_study_may_lead_with_another_picture_once_there_is_one() -> None:
    results = make_results(picture="typos")
    for pictures, shown in (({"scores", "typos"}, ["./typos.png", "scores.png"]), ({"scores"}, ["./scores.png"])):
        assert re.findall(r"!\[.*?\]\((.*?)\)", render(results, pictures)) == shown
        assert f"(x/{Path(shown[0]).name})" in summarise(results, "x", pictures)[None]


def test_stale_and_missing_rows_are_marked() -> None:
    results = make_results(stale=("gru",), missing=("bare",), findings=['{{ f1("gru", "wikineural") }}.'])
    page = parse(results)
    assert "gru †" in page.text and "to be run again: gru." in page.text
    assert "Not run: bare." in page.text
    assert "0.600 ± 0.000. †" in page.text and "of-gru" not in page.text
    assert "easily missed" not in page.text and "not run: bare" in show(results, 80)


def test_many_rows_that_were_not_run_are_folded() -> None:
    results = make_results(missing=("gru", "bare"), columns={"c": {"seed": 2}, "d": {}})
    html = render_html(render(results, []), {"scores": "<svg ></svg>"})
    fold = html.partition("<details><summary>Not run: 4 of 6 experiments</summary>")[2].partition("</details>")[0]
    assert re.findall("<li>(.*)</li>", fold) == ["gru, c", "gru, d", "bare, c", "bare, d"]
    assert "Of 6 experiments 4 have not been run." in html and "not run: 4 of 6 experiments\n" in show(results, 80)


def test_a_study_with_columns_a_baseline_and_no_row_yet() -> None:
    results = make_results(columns={"c": {"seed": 2}, "d": {}}, baseline=HOSTILE)
    page = parse(results)
    assert f"{HOSTILE}, c" in [row[0] for row in page.rows("What it cost")]
    assert ["c", "seed=2"] in page.rows("Settings")
    assert ["gru", "+0.100 (p 0.0005) *"] in page.rows("Which differ by more than chance")
    none = Results("x", results.study, results.keys, results.rows[:0], results.curves[:0], [], set())
    assert choose_drawings(none) == {}
    page = parse(none)
    assert "Not run: " in page.text and "What it cost" not in page.titles


FINDINGS = {
    '{{ f1("gru", "wikineural") }}': "0.600 ± 0.000",
    '{{ f1("gru", "wikineural", metric="token_f1") }}': "0.720 ± 0.028",
    '{{ gain("gru", "bare", "wikineural") }}': "+0.000 (p 0.0400)",
    "{{ gain(A, 'gru', 'wikineural') }}, {{ gain('gru', A, 'wikineural') }}": "+0.100 (p 0.0005), -0.100 (p 0.0005)",
    '{{ lost("gru", "wikineural") }}\nless': "0.100 at 10 % less",
    '{{ lost("gru", "wikineural", rate=False) }}': "0.100",
    '{{ value("gru", "wikineural", "perplexity") }}': "20.0",
    '{{ value("gru", "wikineural", "tokens", digits=0) }}': "2,000,000",
    '{{ value("bare", "wikineural", "perplexity") }}': None,
}


@pytest.mark.parametrize(("template", "sentence"), FINDINGS.items())
def test_a_finding_reads_its_numbers_or_is_left_out(template: str, sentence: str | None) -> None:
    results = make_results(findings=["{% set A = " + repr(HOSTILE) + " %}" + template])
    assert write_findings(results) == ([] if sentence is None else [sentence])
    assert write_findings(make_results(missing=("gru", "bare"), findings=results.study.findings)) == []


WRONG = {
    'f1("grü", "wikineural")': "found row 'grü', expected one of <b>",
    'f1("gru", "wikineuralz")': "found data set 'wikineuralz', expected one of wikineural",
    'f1("gru", "wikineural", "cased")': "found column 'cased', expected one of all",
    'f1("gru", "wikineural", metric="f1")': "found number 'f1', expected one of token_f1, entity_f1",
    'f1("gru"': "unexpected '}'",
    "best()": "'best' is undefined",
    "f1()": "missing 2 required positional arguments",
    "f1.__func__.__globals__": "unsafe",
}


def test_a_finding_that_cannot_be_read_is_one_line() -> None:
    for template, message in WRONG.items():
        with pytest.raises(UserError, match=rf"studies/my_demo.yaml: findings: sentence 1: .*{message}"):
            write_findings(make_results(findings=[f"{{{{ {template} }}}}"]))


CLAIMS = {
    "Gru / helps": ({"worse": HOSTILE, "better": "gru"}, "holds, +0.100 (p 0.0005)"),
    "Gru hurts": ({"worse": "gru", "better": HOSTILE}, "does not hold, -0.100 (p 0.0005)"),
    "Gru helps again": ({"worse": "bare", "better": "gru", "column": "all"}, "cannot be told, +0.000 (p 0.0600)"),
    "No test": ({"worse": HOSTILE, "better": "bare"}, "–"),
}


def test_a_claim_is_judged_by_the_test_of_its_rows() -> None:
    claims = {says: claim for says, (claim, _) in CLAIMS.items()}
    results = make_results(claims=claims)
    results.pairs[2] = results.pairs[2]._replace(p=0.06)
    verdicts = [verdict for _, verdict in CLAIMS.values()]
    assert judge_claims(results) == (
        ["What is claimed", "WikiNEuRal"],
        [list(line) for line in zip(claims, verdicts, strict=True)],
    )
    stale = replace(results, stale={("gru", "all", "wikineural")})
    assert [line[1].endswith("†") for line in judge_claims(stale)[1]] == [True, True, True, False]
    page = parse(results)
    assert page.rows("Which | is *best*?") == judge_claims(results)[1]
    for text in (summarise(results, "x", [])[None], show(results, 100)):
        assert re.search(r"Gru hurts .* does not hold, -0.100 \(p 0.0005\)", text)
    assert "Gru hurts" not in show(replace(results, rows=results.rows[:0]), 100)
    alone = make_results(claims={"Gru helps": claims["Gru / helps"]})
    alone.pairs[:] = [pair._replace(p=0.04) for pair in alone.pairs]  # two pairs: too much for both, not for one claim
    assert not alone.sure_pairs("wikineural", "all") and judge_claims(alone)[1][0][1] == "holds, +0.100 (p 0.0400)"


def test_a_study_fills_in_its_own_blocks(tmp_path: Path) -> None:
    page, start, end = tmp_path / "results.md", "<!-- study demo -->\n", "<!-- end of study -->"
    parts = {None: r"new \1", "table": "| new |"}
    assert not fill_in(page, "demo", parts) and not page.exists()
    part, another = "<!-- study demo: table -->\n", "<!-- study demo: picture -->\nold\n"
    text = f"# Results\n\n{start}old\n{end}\n\n<!-- study other -->\nold\n{end}\n{start}{start}{end}\n"
    text += f"{part}old\n{end}\n{another}{end}\n"
    page.write_text(text, encoding="utf-8")
    assert fill_in(page, "demo", parts) and not fill_in(page, "demo", parts)
    new = f"{start}\nnew \\1\n{end}"  # a start without an end stays
    filled = text.replace(f"{start}old\n{end}", new).replace(f"{start}{end}", new)
    assert page.read_text(encoding="utf-8") == filled.replace(f"{part}old\n", f"{part}\n| new |\n")
    assert not fill_in(page, "third", parts)
    assert path_between(Path("docs/results.md"), Path("results/demo")) == "../results/demo"


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    results = make_results()
    results.rows.loc[results.rows.row == "gru", "cpu_minutes"] = 40
    results.rows.loc[results.rows.row == HOSTILE, "cpu_minutes"] = 3
    folder = tmp_path_factory.mktemp("pictures")
    return {name: save(folder, name, draw, results) for name, draw in choose_drawings(results).items()}


def test_pictures_show_every_row_by_name(pictures: dict[str, str]) -> None:
    assert [*pictures] == ["scores", "cost", "curves", "typos"]
    for name, svg in pictures.items():
        texts = re.findall(r"<text[^>]*>([^<]+)</text>", svg)
        for row in ("gru", "Ёлки", "bare"):
            assert any(row in text for text in texts), (name, row)
        assert "<dc:date>" not in svg
    assert "published in the paper" in pictures["scores"]
    assert len(draw_curves(make_results()).axes) == 2  # without a language model there is no curve of one
    assert len(draw_curves(make_results(rows={"bare": {"arch": "charcnn"}})).axes) == 1
    page = Page.parse(render_html(render(make_results(), pictures), pictures))
    page.check()
    assert len(page.pictures) == len(pictures)


def test_f1_over_tokens_has_a_point_per_column_and_a_level_line_without_a_language_model(tmp_path: Path) -> None:
    columns = {"short": {"lm.training.clip": 1}, "long": {"lm.training.clip": 2}}
    rows = {"gru": {"arch": "gru"}, "bare": {"arch": "charcnn"}}
    asked: dict[str, Any] = {"columns": columns, "rows": rows, "picture": "tokens"}
    assert "tokens" not in choose_drawings(make_results(**asked))  # both columns have read as much
    results = make_results(**asked)
    for tokens, perplexity, column in ((4e6, 90.0, "long"), (5e5, 200.0, "short")):
        chosen = (results.rows.row == "gru") & (results.rows.column == column)
        results.rows.loc[chosen, ["tokens", "perplexity"]] = tokens, perplexity
    draw = choose_drawings(results)["tokens"]
    unasked = replace(results, study=results.study.model_copy(update={"picture": "scores"}))
    assert "tokens" not in choose_drawings(unasked)
    top, panel = draw(results).axes
    (line,) = top.lines[:1]
    assert np.allclose(np.array(line.get_xydata()), [[5e5, 200], [4e6, 90]])
    f1 = {column: results.means["gru", column, "wikineural"].entity_f1 for column in columns}
    assert np.allclose(np.array(panel.lines[0].get_xydata()), [[5e5, f1["short"]], [4e6, f1["long"]]])
    level = results.means["bare", "short", "wikineural"].entity_f1
    assert any(np.allclose(np.array(line.get_ydata()), level) for line in panel.lines[1:])
    assert "tokens read" in save(tmp_path, "tokens", draw, results)


def name_points(points: np.ndarray) -> Axes:
    """A picture of points (number, 2) with their names, drawn."""
    figure = Figure(figsize=(7, 4))
    axes = figure.subplots()
    axes.plot(points[:, 0], points[:, 1], "o")
    axes.set(xlim=(0, 1), ylim=(0, 1))
    figure.draw_without_rendering()
    label_marks(axes, [Mark(f"name {n}", x, y, (0.02, 0.02)) for n, (x, y) in enumerate(points.tolist())])
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


@pytest.mark.parametrize(("widths", "schemes"), LAYOUTS)
def test_it_fits_its_window(
    pictures: dict[str, str], tmp_path: Path, browser: "Chrome", widths: Any, schemes: list[str]
) -> None:
    results = make_results(missing=("bare",), findings=['{{ f1("gru", "wikineural") }}.'])
    write_page(tmp_path, "page", render(results, pictures), pictures)
    browser.get((tmp_path / "page.html").as_uri())
    check_layout(browser, widths, schemes)
