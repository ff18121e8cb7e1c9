"""The command `study`: run what a study lacks, record what it gave, and write its page."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pipeline.experiments.revision import PARAMS, STAGES, Revision, all_revisions
from pipeline.experiments.studies.docs import fill_in, path_between
from pipeline.experiments.studies.page import render, show, summarise
from pipeline.experiments.studies.pairs import PAIRS, Key, Pair, compare_rows, read_pairs
from pipeline.experiments.studies.plots import choose_drawings
from pipeline.experiments.studies.queue import find, finish_queue, run_queued
from pipeline.experiments.studies.recipe import Sums, sum_up
from pipeline.experiments.studies.record import (
    CURVE_HEADER,
    CURVES,
    HEADER,
    KEY,
    ROWS,
    TEXTS,
    describe_commit,
    read_curves,
    read_rows,
    read_table,
    write_table,
)
from pipeline.experiments.studies.results import Results
from pipeline.experiments.studies.study import Cell, Study, list_cells, read_study
from pipeline.files.yaml import read_yaml
from pipeline.provenance.fingerprint import fingerprint
from pipeline.report.pages.render import write_page
from pipeline.report.plots.style import save
from pipeline.work.progress import say

Revisions = dict[tuple[str, str], Revision]
"""By row and column."""


def run(name: str, compute: bool, jobs: int, target: Path, docs: Path) -> str:
    """Bring the study up to date in the folder `target` and in the page `docs`; return its scores as text.

    With `compute`, experiments that neither rows.csv nor a revision has are run first, `jobs` at a time.
    """
    study = read_study(name)
    cells = list_cells(study, name, read_yaml(Path(PARAMS)))
    stages = read_yaml(Path(STAGES))["stages"]
    say("looking through the workspace, experiments and branches")
    workspace, *others = all_revisions()
    sums = {
        (cell.row, cell.column, data_set): sum_up(workspace, stages, cell.values, data_set)
        for cell in cells
        for data_set in cell.params.sets
    }
    rows, curves = read_table(target / ROWS, HEADER, TEXTS), read_table(target / CURVES, CURVE_HEADER, TEXTS[:4])
    revisions = _find_all(cells, workspace, others)
    lacking = [cell for cell in cells if _lacks(cell, rows, sums, revisions)]
    if compute and lacking:
        finish_queue(jobs)
        revisions = _find_all(cells, *_reopen())
        if lacking := [cell for cell in cells if _lacks(cell, rows, sums, revisions)]:
            run_queued(lacking, jobs)
            revisions = _find_all(cells, *_reopen())
    rows, curves = _record(cells, rows, curves, sums, revisions)
    recorded = {key: _sums_of(rows, key) for key in _keys(rows)}
    current = {key: _sum_row(rows, key) for key in recorded if recorded[key] == sums.get(key)}
    pairs = [*compare_rows(study, current, read_pairs(target / PAIRS), revisions)]
    missing = [_title(study, cell) for cell in cells if _lacks(cell, rows, sums, {})]
    stale = {*recorded} - {*current}
    results = Results(name, study, rows, curves, pairs, stale, missing)
    for file, table in ((ROWS, rows), (CURVES, curves), (PAIRS, pd.DataFrame(pairs, columns=Pair._fields))):
        write_table(target / file, table)
    drawings = choose_drawings(results)
    pictures = {picture: save(target, picture, draw, results) for picture, draw in drawings.items()}
    write_page(target, "page", render(results, drawings), pictures)
    fill_in(docs, name, summarise(results, path_between(docs, target)))
    return f"{show(results)}\n\npage: {target / 'page'}.html"


def _title(study: Study, cell: Cell) -> str:
    return cell.row if len(study.columns) == 1 else f"{cell.row}, {cell.column}"


def _reopen() -> tuple[Revision, Sequence[Revision]]:
    workspace, *others = all_revisions()
    return workspace, others


def _find_all(cells: Sequence[Cell], workspace: Revision, others: Sequence[Revision]) -> Revisions:
    opened = {(cell.row, cell.column): find(cell, workspace, others) for cell in cells}
    return {key: revision for key, revision in opened.items() if revision}


def _lacks(cell: Cell, rows: pd.DataFrame, sums: dict[Key, Sums], revisions: Revisions) -> bool:
    """Whether neither the rows nor the revisions have what the experiment would give."""
    keys = [(cell.row, cell.column, data_set) for data_set in cell.params.sets]
    return (cell.row, cell.column) not in revisions and any(sums[key] != _sums_of(rows, key) for key in keys)


def _sums_of(rows: pd.DataFrame, key: Key) -> Sums | None:
    chosen = _of(rows, key)
    return None if chosen.empty else Sums(chosen.settings.iloc[0], chosen.code.iloc[0])


def _sum_row(rows: pd.DataFrame, key: Key) -> str:
    """Sum up all that decides a row: settings, code and inputs."""
    return fingerprint({part: _of(rows, key)[part].iloc[0] for part in ("settings", "code", "inputs")})


def _of(rows: pd.DataFrame, key: Key) -> pd.DataFrame:
    return rows[(rows.row == key[0]) & (rows.column == key[1]) & (rows.set == key[2])]


def _keys(rows: pd.DataFrame) -> set[Key]:
    return {*zip(*(rows[part] for part in KEY), strict=True)}


def _record(
    cells: Sequence[Cell], rows: pd.DataFrame, curves: pd.DataFrame, sums: dict[Key, Sums], revisions: Revisions
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the tables with what the revisions have given, in the order of the study.

    Rows that the tree would give again have its commit, whichever commit has run them: their sums are the tree's.
    """
    commit = describe_commit()
    all_rows: list[pd.DataFrame] = [rows[:0]]
    all_curves: list[pd.DataFrame] = [curves[:0]]
    for cell in cells:
        revision = revisions.get((cell.row, cell.column))
        for data_set in cell.params.sets:
            key = cell.row, cell.column, data_set
            kept = _of(rows, key)
            lines = curves[(curves.row == key[0]) & (curves.column == key[1]) & curves.set.isin([data_set, ""])]
            if _sums_of(rows, key) == sums[key]:
                kept = kept.assign(commit=commit)
            elif revision:
                kept = read_rows(cell, data_set, revision, sums[key], commit)
                lines = read_curves(cell, data_set, revision)
            all_rows.append(kept)
            all_curves.append(lines)
    return tuple(
        pd.concat([part for part in parts if not part.empty] or parts, ignore_index=True)
        for parts in (all_rows, all_curves)
    )
