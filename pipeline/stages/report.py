"""Stage report: one experiment in tables, pictures and sentences, for people."""

from pathlib import Path

import pandas as pd
import torch

from pipeline.files.metrics import write_metrics
from pipeline.machine.describe import stamp
from pipeline.ner.scoring.scores import spread_types
from pipeline.ner.scoring.tested import read_tested
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.report.data import Results, SetResults, read_results
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


def run(paths: Paths, params: Params) -> None:
    """Read what the other stages left in `paths.data`, `paths.metrics` and `paths.lm`; write data.json, report.md,
    report.html and plots to `paths.metrics`.

    The page shows all that params.yaml chose; the seed says which sentences it shows, and `bootstrap` of the block
    `evaluate` how often is drawn for the intervals by type.
    """
    seed, scale, metrics = params.seed, params.chosen_scale, paths.metrics
    results = read_results(paths.data, metrics, paths.lm, params.arch, params.scale, params.protocol, params.sets)
    sentences = {}
    for name, of_set in results.sets.items():
        split, taggers = read_tested(paths.corpora / name, paths.predictions / name)
        spread = spread_types(taggers.counts, split.labels, scale.evaluate.bootstrap, seed)
        results.sets[name] = of_set._replace(types=of_set.types.merge(pd.DataFrame(spread), on="type"))
        sentences[name] = _describe(draw_mistakes(split, taggers, WRONG, RIGHT, seed), seed)

    blocks = {f"archs.{params.arch}": params.chosen_arch, f"scales.{params.scale}": scale}
    settings = {"seed": seed, **{key: block.model_dump(mode="json") for key, block in blocks.items()}}
    page = render(results)
    with fresh_folder(metrics / "plots") as folder:
        html = render_html(results, sentences, settings, _draw(folder, results))
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
