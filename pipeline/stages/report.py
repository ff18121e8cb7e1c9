"""Stage report: one experiment in tables, pictures and sentences, for people."""

from pathlib import Path
from typing import NamedTuple

import pandas as pd
import torch

from pipeline.files.metrics import write_metrics
from pipeline.machine.describe import stamp
from pipeline.ner.scoring.tested import read_tested
from pipeline.ner.scoring.type_spread import spread_types
from pipeline.report.data import Json, Results, SetResults, read_results
from pipeline.report.html import Sentences, render_html
from pipeline.report.mistakes import Mistakes, draw_mistakes
from pipeline.report.page import render
from pipeline.report.paper import set_name
from pipeline.report.plots import confusion, epochs, perplexity, types, typos
from pipeline.report.plots.style import save
from pipeline.report.tables import integer
from pipeline.work.outputs import fresh_folder, write_text

WRONG, RIGHT = 30, 6
"""Test sentences of each data set that the page shows, with a mistake and without."""


class Sources(NamedTuple):
    """The folders that the stage reads."""

    data: Path
    metrics: Path
    lm: Path


class Choice(NamedTuple):
    """What was run."""

    arch: str
    scale: str
    sets: list[str]
    settings: Json
    """All that params.yaml chose, for the page."""
    bootstrap: int
    """Resamples of the intervals by type."""
    seed: int
    """Of the draws."""


def run(sources: Sources, choice: Choice) -> None:
    """Read what the other stages left; write data.json, report.md, report.html and plots to `metrics`."""
    results = read_results(*sources, choice.arch, choice.scale, choice.sets)
    sentences = {}
    for name, of_set in results.sets.items():
        split, taggers = read_tested(sources.data / "ner" / name, sources.data / "predictions" / name)
        spread = spread_types(taggers.counts, split.labels, choice.bootstrap, choice.seed)
        results.sets[name] = of_set._replace(types=of_set.types.merge(pd.DataFrame(spread), on="type"))
        sentences[name] = _describe(draw_mistakes(split, taggers, WRONG, RIGHT, choice.seed), choice.seed)

    metrics = sources.metrics
    page = render(results)
    with fresh_folder(metrics / "plots") as folder:
        html = render_html(results, sentences, choice.settings, _draw(folder, results))
    write_metrics(metrics / "data.json", results.data_metrics(), stamp(torch.device("cpu")))
    write_text(metrics / "report.md", page)
    write_text(metrics / "report.html", html)


def _draw(folder: Path, results: Results) -> dict[str, str]:
    """Write all pictures; return them as SVG, by name."""
    found = {} if results.curve.empty else {"lm": save(folder, "lm", perplexity.draw, results.curve, results.arch)}
    for name, of_set in results.sets.items():
        found |= _draw_set(folder, name, of_set)
    return found


def _draw_set(folder: Path, name: str, of_set: SetResults) -> dict[str, str]:
    title = set_name(name)
    return {
        f"{name}.epochs": save(folder, f"{name}.epochs", epochs.draw, of_set.epochs, title),
        f"{name}.types": save(folder, f"{name}.types", types.draw, of_set.types, title),
        f"{name}.confusion": save(folder, f"{name}.confusion", confusion.draw, of_set.confusion, title),
        f"{name}.typos": save(folder, f"{name}.typos", typos.draw, of_set.typos, title),
    }


def _describe(mistakes: Mistakes, seed: int) -> Sentences:
    chosen = (
        f"Of the {integer(mistakes.wrong)} of {integer(mistakes.sentences)} test sentences in which a tagger missed an "
        f"entity or made one up, {min(mistakes.wrong, WRONG)} drawn at random; then {min(mistakes.right, RIGHT)} of "
        f"the {integer(mistakes.right)} with entities and no mistake (`seed: {seed}`). Taggers that agree stand "
        "together, by the seeds they were trained with; numbers of mistakes are means over all."
    )
    return Sentences(chosen, mistakes.examples)
