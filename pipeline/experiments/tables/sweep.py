"""metrics/tables.md, .html and .csv: the paper's tables with our numbers, and their costs. page.md has the words."""

import shlex
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise, product
from pathlib import Path
from typing import NamedTuple

from pipeline.experiments.tables.pairs import RESAMPLES, Difference, Pairs
from pipeline.experiments.tables.plots import PAPER, PAPER_F1, label_rows
from pipeline.experiments.tables.rows import METRICS, Row
from pipeline.ner.scoring.scores import FURTHER
from pipeline.report.pages.blocks import Markdown, table
from pipeline.report.pages.render import render_markdown
from pipeline.report.paper import LARGE_MODELS, SETS, Model, order_sets, set_name
from pipeline.report.splits import tabulate_splits
from pipeline.report.tables import NONE, TITLES, decimal, integer, minutes, percent, plus_minus, score

NOT_RUN = "not run"
LM = ["parameters_m", "perplexity", "tokens", "tokens_per_second", "minutes", "peak_memory_mb", "device"]
"""The columns of tables.csv about the language model."""


class Sweep(NamedTuple):
    """What the command `tables` shows."""

    scale: str
    protocol: str
    rows: list[Row]
    """At most one per architecture, unless revisions were named."""
    missing: list[str]
    """Architectures without a row."""
    note: str
    """What a reader has to know about the rows, as Markdown."""
    pairs: list[Pairs]
    """The tests of all pairs, by data set, with the numbers of `rows`; empty if there are no two rows."""

    @property
    def entries(self) -> list[tuple[str, Row | None]]:
        """Architectures with their rows: the paper's in its order, then others; None where one was not run."""
        asked = [*(row.arch for row in self.rows), *self.missing]
        archs = [arch for arch in dict.fromkeys([*PAPER, *asked]) if arch in asked]
        entries: list[tuple[str, Row | None]] = []
        for arch in archs:
            entries += [(arch, row) for row in self.rows if row.arch == arch] or [(arch, None)]
        return entries

    @property
    def ran(self) -> list[Row]:
        """The rows, in the same order."""
        return [row for _, row in self.entries if row]

    @property
    def sets(self) -> list[str]:
        """The data sets of all rows, in the paper's order; the paper's own if there is no row."""
        return order_sets({name for row in self.rows for name in row.scores}) or list(SETS)


def list_records(sweep: Sweep) -> Iterator[dict[str, object]]:
    """The rows of tables.csv, with every number, by column."""
    for arch, row in sweep.entries:
        record: dict[str, object] = {"arch": arch, "revision": row.source if row else NOT_RUN}
        record |= {"layers": row.layers, "hidden": row.hidden or ""} if row else {"layers": "", "hidden": ""}
        record |= {key: row.lm.get(key, "") if row else "" for key in LM}
        for name, metric in product(sweep.sets, [*METRICS, *FURTHER]):
            numbers = row.scores.get(name, {}).get(metric) if row else None
            for part, number in zip(("", "_deviation", "_low", "_high"), numbers or [None] * 4, strict=True):
                record[f"{name}.{metric}{part}"] = "" if number is None else number
        yield record | {f"{name}.paper_f1": PAPER_F1.get(arch, {}).get(name, "") for name in sweep.sets}


def render(sweep: Sweep, pictures: Collection[str]) -> str:
    """The page as Markdown, with the pictures of these names."""
    labels = label_rows(sweep.rows)
    splits = {name: row.splits[name] for name in sweep.sets for row in reversed(sweep.rows) if name in row.splits}
    return render_markdown(
        Path(__file__).with_name("page.md"),
        sweep=sweep,
        pictures=pictures,
        note=Markdown(sweep.note),
        splits=splits,
        split_rows=tabulate_splits(splits),
        architectures=_compare_with_paper(sweep, ["Layers", "Parameters, M"], large=False),
        large_models=_compare_with_paper(
            sweep, ["Layers", "Internal size", "Parameters, M", "Tokens read, M"], large=True
        ),
        intervals=_tabulate_intervals(sweep, METRICS),
        further=_tabulate_intervals(sweep, FURTHER),
        labels=labels,
        matrices={pairs.name: _tabulate_pairs(pairs, labels) for pairs in sweep.pairs},
        commands=_list_commands(sweep, labels),
        resamples=RESAMPLES,
        costs=[[arch, *_describe_cost(row)] for arch, row in sweep.entries],
    )


def _compare_with_paper(sweep: Sweep, columns: Sequence[str], large: bool) -> str:
    """Our rows and the paper's, with these columns and the F1 of each set; empty if there is no such architecture."""
    columns = [*columns, *(f"F1 {set_name(name)}" for name in sweep.sets)]
    rows = []
    for arch, row in sweep.entries:
        if (arch in LARGE_MODELS) == large:
            model = PAPER.get(arch)
            ours = _describe_row(row, sweep.sets) if row else dict.fromkeys(columns, NOT_RUN)
            theirs = _describe_model(model, sweep.sets) if model else {}
            cells = [f"{ours[column]} ({theirs[column]})" if model else ours[column] for column in columns]
            rows.append([f"{arch} ({model.name})" if model else arch, *cells])
    return table(["Architecture", *columns], rows) if rows else ""


def _describe_row(row: Row, sets: Sequence[str]) -> dict[str, str]:
    """The cells of a row of ours in the paper's tables, by column."""
    f1 = {name: plus_minus(*row.scores[name]["token_f1"][:2]) if name in row.scores else NOT_RUN for name in sets}
    return {
        "Layers": str(row.layers),
        "Internal size": integer(row.hidden),
        "Parameters, M": decimal(row.lm["parameters_m"], 2),
        "Tokens read, M": decimal(row.lm["tokens"] / 1e6 if "tokens" in row.lm else None, 1),
        **{f"F1 {set_name(name)}": cell for name, cell in f1.items()},
    }


def _describe_model(model: Model, sets: Sequence[str]) -> dict[str, str]:
    """The same cells of a model of the paper."""
    return {
        "Layers": str(model.layers),
        "Internal size": integer(model.hidden),
        "Parameters, M": decimal(model.parameters_m, 1),
        "Tokens read, M": f"{integer(model.epochs)} x {integer(model.tokens_m)}",
        **{f"F1 {set_name(name)}": score(model.f1.get(name)) for name in sets},
    }


def _tabulate_intervals(sweep: Sweep, metrics: Sequence[str]) -> str:
    """A table with a row for each architecture that was run and a column for each data set and metric."""
    keys = [*product(sweep.sets, metrics)]
    rows = [[row.arch, *(_describe_interval(row, *key) for key in keys)] for row in sweep.ran]
    return table(["Architecture", *(f"{set_name(name)}, {TITLES[metric]}" for name, metric in keys)], rows)


def _describe_interval(row: Row, name: str, metric: str) -> str:
    """0.846 (0.811 to 0.880)."""
    f1 = row.scores.get(name, {}).get(metric)
    return f"{score(f1.mean)} ({score(f1.low)} to {score(f1.high)})" if f1 else NOT_RUN


def _tabulate_pairs(pairs: Pairs, labels: Sequence[str]) -> str:
    """A table with a row for all but the worst and a column for all but the best; empty if there are no two."""
    rows = []
    for a in pairs.rows[:-1]:
        rows.append([labels[a], *(_describe_difference(pairs.differences.get((a, b))) for b in pairs.rows[1:])])
    return table(["Better, by", *(labels[number] for number in pairs.rows[1:])], rows) if rows else ""


def _describe_difference(difference: Difference | None) -> str:
    """+0.031 (p 0.0400), or **+0.031** * (p 0.0005) where it is significant."""
    if difference is None:
        return ""
    value, p = f"{difference.value:+.3f}", f"(p {decimal(difference.p, 4)})"
    return Markdown(f"**{value}** * {p}") if difference.sure else f"{value} {p}"


def _list_commands(sweep: Sweep, labels: Sequence[str]) -> list[list[str]]:
    """Commands to look closer at two rows, neighbours by their entity F1 on the first data set that was tested."""
    order = next((pairs.rows for pairs in sweep.pairs if len(pairs.rows) > 1), [])
    return [
        [
            f"{labels[a]} and {labels[b]}",
            f"python -m pipeline compare {shlex.join([sweep.rows[a].revision, sweep.rows[b].revision])}",
        ]
        for a, b in pairwise(order)
    ]


def _describe_cost(row: Row | None) -> list[str]:
    """What the language model of a row cost, on which machine, and the revision."""
    if row is None:
        return [*[NONE] * 6, NOT_RUN]
    lm, charcnn = row.lm, row.charcnn_parameters_m
    return [
        decimal(lm.get("perplexity"), 1),
        integer(lm.get("tokens_per_second")),
        minutes(lm.get("minutes")),
        integer(lm.get("peak_memory_mb")),
        percent(charcnn / (charcnn + lm["parameters_m"]) if charcnn else None),
        lm.get("device", NONE),
        row.source,
    ]
