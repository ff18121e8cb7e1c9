"""The command `tables`: run what has not been run, and set all architectures beside the paper's."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import UserError
from pipeline.experiments.revision import Revision, all_revisions, open_revisions
from pipeline.experiments.tables.asked import Sweep
from pipeline.experiments.tables.choose import changed_since, find
from pipeline.experiments.tables.page import render, render_html
from pipeline.experiments.tables.pairs import Pairs, compare_rows
from pipeline.experiments.tables.plots import draw_costs, draw_curves, draw_scores, draw_sizes, draw_typos
from pipeline.experiments.tables.queue import run_queued
from pipeline.experiments.tables.records import columns, records
from pipeline.experiments.tables.row import Row, read_row
from pipeline.experiments.tables.sections import COSTS, CURVES, SCORES, SIZES, TYPOS, list_sections
from pipeline.files.csv import write_csv
from pipeline.params import Params
from pipeline.protocol import Protocol
from pipeline.report.pages.blocks import Picture
from pipeline.report.paper import order_sets
from pipeline.report.plots.style import save
from pipeline.work.outputs import write_text
from pipeline.work.progress import say

NAME = "tables"
DRAWN = {
    COSTS.picture: draw_costs,
    SIZES.picture: draw_sizes,
    SCORES.picture: draw_scores,
    CURVES.picture: draw_curves,
    TYPOS.picture: draw_typos,
}


def run(
    params: Params, archs: Sequence[str], revisions: Sequence[str], compute: bool, inputs: Path, target: Path
) -> str:
    """Write tables.md, .html, .csv and pictures to `target`; return the page.

    Without `revisions`: a row each of `archs`, from the workspace, an experiment or a branch that differs from the
    workspace in nothing but the architecture; with `compute`, those not found are run first, with the inputs in the
    folder `inputs`. With `revisions`: a row each of them.
    """
    sweep = _named(params, revisions) if revisions else _sweep(params, archs, compute, inputs)
    target.mkdir(parents=True, exist_ok=True)
    page = render(sweep)
    write_csv(target / f"{NAME}.csv", columns(sweep), records(sweep))
    pictures = {name: save(target, name, DRAWN[name], sweep.ran, sweep.sets) for name in _pictures(sweep)}
    write_text(target / f"{NAME}.md", page)
    write_text(target / f"{NAME}.html", render_html(sweep, pictures))
    return f"{page}\npage: {target / f'{NAME}.html'}"


def _pictures(sweep: Sweep) -> list[str]:
    """Those that the page shows."""
    blocks = [block for section in list_sections(sweep) for block in section.blocks]
    return [block.picture for block in blocks if isinstance(block, Picture)]


def _sweep(params: Params, archs: Sequence[str], compute: bool, inputs: Path) -> Sweep:
    unknown = [arch for arch in archs if arch not in params.archs]
    if unknown:
        raise UserError(f"found no architecture {unknown[0]!r}; archs in params.yaml: {', '.join(params.archs)}")
    found = _find(archs)
    missing = [arch for arch, revision in found.items() if revision is None]
    if compute and missing:
        run_queued(missing, inputs)
        found = _find(archs)
    revisions = [revision for revision in found.values() if revision]
    rows = [read_row(revision) for revision in revisions]
    missing = [arch for arch, revision in found.items() if revision is None]
    return Sweep(params.scale, str(params.protocol), rows, missing, _held_still(), _test(revisions, rows))


def _test(revisions: Sequence[Revision], rows: Sequence[Row]) -> list[Pairs]:
    sets = order_sets(sorted({name for row in rows for name in row.scores}))
    return [compare_rows(revisions, name) for name in sets] if len(rows) > 1 else []


def _find(archs: Sequence[str]) -> dict[str, Revision | None]:
    say("looking through the workspace, experiments and branches")
    workspace, *others = all_revisions()
    return {arch: find(arch, workspace, others) for arch in archs}


def _held_still() -> list[str]:
    return ["All rows are of the same settings, code and inputs as the workspace, but for the architecture."]


def _named(params: Params, names: Sequence[str]) -> Sweep:
    revisions = open_revisions(*dict.fromkeys(names))
    for revision in revisions:
        changed = changed_since(revision)
        if changed:
            raise UserError(
                f"{revision.name}: its scores are out of date, for this has changed since ({changed}); "
                f"{revision.advice}, or, if the change cannot matter, dvc commit"
            )
    rows: list[Row] = [read_row(revision) for revision in revisions]
    scales = {revision.params["scale"] for revision in revisions}
    protocols = {str(Protocol(**revision.params["protocol"])) for revision in revisions}
    note = "The rows are of the revisions that were named; `python -m pipeline compare A B` says how two differ."
    return Sweep(", ".join(sorted(scales)), "; ".join(sorted(protocols)), rows, [], [note], _test(revisions, rows))
