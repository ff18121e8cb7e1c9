"""The command `study`: run what a study lacks, record what it gave, and write its page."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pipeline.experiments.revision import STAGES, WORKSPACE, Revision, all_revisions, open_revisions
from pipeline.experiments.studies.docs import fill_in, path_between
from pipeline.experiments.studies.findings import write_findings
from pipeline.experiments.studies.page import render, show, summarise
from pipeline.experiments.studies.pairs import PAIRS, Key, Pair, compare_rows, read_pairs
from pipeline.experiments.studies.plots import choose_drawings
from pipeline.experiments.studies.queue import find, finish_queue, run_queued
from pipeline.experiments.studies.recipe import Sums, sum_up
from pipeline.experiments.studies.record import (
    CURVE_HEADER,
    CURVE_TEXTS,
    CURVES,
    HEADER,
    ROWS,
    TEXTS,
    check_seeds,
    describe_commit,
    read_curves,
    read_rows,
    read_table,
    write_table,
)
from pipeline.experiments.studies.results import Results, select
from pipeline.experiments.studies.study import Cell, list_cells, read_study
from pipeline.files.yaml import read_yaml
from pipeline.params import load_params
from pipeline.provenance.fingerprint import fingerprint
from pipeline.report.pages.render import write_page
from pipeline.report.plots.style import save
from pipeline.work.progress import say

Revisions = dict[tuple[str, str], Revision]
"""By row and column."""


def run(name: str, compute: bool, jobs: int, target: Path, pages: Sequence[Path], width: int) -> tuple[str, list[str]]:
    """Bring the study up to date in the folder `target` and in `pages` of the documentation.

    Returns its scores as text in lines of at most `width` characters, and the names of the experiments that have none.

    With `compute`, experiments that neither rows.csv nor a revision has are run first, `jobs` at a time.
    """
    study = read_study(name)
    load_params()  # what is wrong with it is no fault of a row
    (workspace,) = open_revisions(WORKSPACE)
    cells = list_cells(study, name, workspace.params)
    stages = read_yaml(Path(STAGES))["stages"]
    sums = {key: sum_up(workspace, stages, cell.values, key[2]) for cell in cells for key in _keys(cell)}
    rows, curves = read_table(target / ROWS, HEADER, TEXTS), read_table(target / CURVES, CURVE_HEADER, CURVE_TEXTS)
    check_seeds(rows, target / ROWS)
    pairs = read_pairs(target / PAIRS)
    # A sentence that cannot be read is found now, and not after all rows have been run.
    write_findings(Results(name, study, [*sums], rows[:0], curves[:0], [], set()))

    revisions = _find_all(cells)
    if compute and _lack(cells, rows, sums, revisions):
        finish_queue(jobs)
        revisions = _find_all(cells)
        # Two that need the same encoder at once get in each other's way, and one of them fails; then DVC has it.
        for _ in range(2):
            if lacking := _lack(cells, rows, sums, revisions):
                run_queued(lacking, jobs)
                revisions = _find_all(cells)
    rows, curves = _record(cells, rows, curves, sums, revisions)
    # Rows come after their curves, which have no sums: a kill in between leaves rows that are read again.
    write_table(target / CURVES, curves)
    write_table(target / ROWS, rows)
    recorded = {key: _sums_of(rows, key) for key in sums}
    # A pair of rows of older code stays too, until one of them is run again: what was measured was measured.
    of_rows = {key: _sum_row(rows, key) for key in sums if recorded[key]}
    pairs = [*compare_rows(study, of_rows, pairs, revisions)]
    write_table(target / PAIRS, pd.DataFrame(pairs, columns=[*Pair._fields]))

    results = Results(
        name=name,
        study=study,
        keys=[*sums],
        rows=read_table(target / ROWS, HEADER, TEXTS),  # as another machine reads them
        curves=read_table(target / CURVES, CURVE_HEADER, CURVE_TEXTS),
        pairs=read_pairs(target / PAIRS),
        stale={key for key in of_rows if recorded[key] != sums[key]},
    )
    drawings = choose_drawings(results)
    pictures = {picture: save(target, picture, draw, results) for picture, draw in drawings.items()}
    write_page(target, "page", render(results, drawings), pictures)
    for docs in pages:
        fill_in(docs, name, summarise(results, path_between(docs, target), drawings))
    return f"{show(results, width)}\n\npage: {target / 'page'}.html", results.missing


def _keys(cell: Cell) -> list[Key]:
    return [(cell.row, cell.column, data_set) for data_set in cell.params.sets]


def _find_all(cells: Sequence[Cell]) -> Revisions:
    say("looking through the workspace, experiments and branches")
    workspace, *others = all_revisions()
    opened = {(cell.row, cell.column): find(cell, workspace, others) for cell in cells}
    return {names: revision for names, revision in opened.items() if revision}


def _lack(cells: Sequence[Cell], rows: pd.DataFrame, sums: dict[Key, Sums], revisions: Revisions) -> list[Cell]:
    """Return the experiments of which neither the rows nor the revisions have the scores that they would give."""
    unread = [cell for cell in cells if (cell.row, cell.column) not in revisions]
    return [cell for cell in unread if any(_sums_of(rows, key) != sums[key] for key in _keys(cell))]


def _sums_of(rows: pd.DataFrame, key: Key) -> Sums | None:
    chosen = select(rows, key)
    return None if chosen.empty else Sums(chosen.settings.iloc[0], chosen.code.iloc[0])


def _sum_row(rows: pd.DataFrame, key: Key) -> str:
    """Sum up all that decides a row: settings, code and inputs."""
    first = select(rows, key).iloc[0]
    return fingerprint({part: first[part] for part in ("settings", "code", "inputs")})


def _record(
    cells: Sequence[Cell], rows: pd.DataFrame, curves: pd.DataFrame, sums: dict[Key, Sums], revisions: Revisions
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return rows and curves with what the revisions have given, in the order of the study.

    Rows with the tree's sums stay, whatever machine has run them, and others are read from their revision, or, without
    one, stay until they are run again. Rows that the study no longer has are left out. A table has one commit, the last
    at which a row was added (or of code that was edited then and has a commit now): the sums are those of its code.
    """
    commit, is_new = describe_commit(), False
    all_rows, all_curves, current = [rows[:0]], [curves[:0]], [False]
    for cell in cells:
        revision = revisions.get((cell.row, cell.column))
        for key in _keys(cell):
            of_key, lines = select(rows, key), select(curves, key)
            current.append(_sums_of(rows, key) == sums[key])
            if current[-1]:
                is_new = is_new or any(old.endswith("+") for old in of_key["commit"])
            elif revision:
                of_key, is_new = read_rows(cell, key[2], revision, sums[key], commit), True
                lines = read_curves(cell, key[2], revision)
            all_rows.append(of_key)
            all_curves.append(lines)
    if is_new:
        all_rows = [
            of_key.assign(commit=commit) if is_current else of_key
            for of_key, is_current in zip(all_rows, current, strict=True)
        ]
    return _stack(all_rows), _stack(all_curves)


def _stack(parts: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([part for part in parts if not part.empty] or parts[:1], ignore_index=True)
