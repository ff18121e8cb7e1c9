"""Stage report: one experiment in tables, pictures and sentences, for people."""

from pathlib import Path

import pandas as pd

from pipeline.files.json import write_json
from pipeline.ner.scoring.scores import spread_types
from pipeline.ner.scoring.tested import read_tested
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.report.data import Results, read_results
from pipeline.report.mistakes import draw_mistakes
from pipeline.report.page import render
from pipeline.report.pages.render import render_html
from pipeline.report.paper import set_name
from pipeline.report.plots.curves import draw_epochs, draw_perplexity, draw_typos
from pipeline.report.plots.style import save
from pipeline.report.plots.types import draw_confusion, draw_types
from pipeline.work.outputs import fresh_folder, write_text


def run(paths: Paths, params: Params) -> None:
    """Read the outputs of the other stages in `paths.data`, `paths.metrics` and `paths.lm`; write data.json, report.md,
    report.html and plots to `paths.metrics`.

    The page shows what params.yaml chose; the seed decides which sentences it shows, and `bootstrap` of the block
    `evaluate` is the number of resamples for the intervals by type.
    """
    seed, scale, metrics = params.seed, params.chosen_scale, paths.metrics
    results = read_results(paths.data, metrics, paths.lm, params.arch, params.scale, params.protocol, params.sets)
    mistakes = {}
    for name, of_set in results.sets.items():
        split, taggers = read_tested(paths.corpora / name, paths.predictions / name)
        spread = spread_types(taggers.counts, split.labels, scale.evaluate.bootstrap, seed)
        results.sets[name] = of_set._replace(types=of_set.types.merge(pd.DataFrame(spread), on="type"))
        mistakes[name] = draw_mistakes(split, taggers, seed)

    blocks = {f"archs.{params.arch}": params.chosen_arch, f"scales.{params.scale}": scale}
    settings = {"seed": seed, **{key: block.model_dump(mode="json") for key, block in blocks.items()}}
    pages = [render(results, mistakes, settings, whole) for whole in (False, True)]
    with fresh_folder(metrics / "plots") as folder:
        pages[1] = render_html(pages[1], _draw(folder, results))
    ner = {name: of_set.counts for name, of_set in results.sets.items()}
    size = {"scale": params.scale, "charcnn_parameters_m": results.charcnn_parameters_m}
    write_json(metrics / "data.json", {**size, **results.counts, "ner": ner})
    for form, page in zip(("md", "html"), pages, strict=True):
        write_text(metrics / f"report.{form}", page)


def _draw(folder: Path, results: Results) -> dict[str, str]:
    """Write all pictures; return them as SVG, by name."""
    svgs = {} if results.curve.empty else {"lm": save(folder, "lm", draw_perplexity, results.curve, results.arch)}
    for name, of_set in results.sets.items():
        for kind, draw, table in (
            ("epochs", draw_epochs, of_set.epochs),
            ("types", draw_types, of_set.types),
            ("confusion", draw_confusion, of_set.confusion),
            ("typos", draw_typos, of_set.typos),
        ):
            svgs[f"{name}.{kind}"] = save(folder, f"{name}.{kind}", draw, table, set_name(name))
    return svgs
