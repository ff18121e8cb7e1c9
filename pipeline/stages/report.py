"""Stage report: one experiment in tables and pictures, for people."""

from pathlib import Path

from pipeline.outputs import fresh_folder, write_json, write_text
from pipeline.report.data import Results, read_results
from pipeline.report.page import render
from pipeline.report.paper import set_name
from pipeline.report.plots import confusion, epochs, perplexity, types, typos
from pipeline.report.plots.style import save


def run(data: Path, metrics: Path, arch: str, scale: str) -> None:
    """Read what the other stages left in `data` and `metrics`; write data.json, report.md and plots to `metrics`."""
    results = read_results(data, metrics, arch, scale)
    page = render(results)
    with fresh_folder(metrics / "plots") as folder:
        _draw(folder, results)
    write_json(metrics / "data.json", results.data_metrics())
    write_text(metrics / "report.md", page)


def _draw(folder: Path, results: Results) -> None:
    save(folder, "lm", perplexity.draw, results.curve, results.arch)
    for name, of_set in results.sets.items():
        title = set_name(name)
        save(folder, f"{name}.epochs", epochs.draw, of_set.epochs, title)
        save(folder, f"{name}.types", types.draw, of_set.types, title)
        save(folder, f"{name}.confusion", confusion.draw, of_set.confusion, title)
        save(folder, f"{name}.typos", typos.draw, of_set.typos, title)
