"""metrics/tables.md, .html and .csv: the paper's tables with our numbers beside theirs, and what those cost."""

import shlex
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise, product
from typing import Any, NamedTuple

from pipeline.experiments.pages import Page
from pipeline.experiments.tables.pairs import RESAMPLES, Pairs
from pipeline.experiments.tables.plots import COSTS, CURVES, PAPER, SCORES, SIZES, TYPOS, label_rows, paper_f1
from pipeline.experiments.tables.rows import METRICS, Row
from pipeline.report.page import DEMO, DEMO_WARNING
from pipeline.report.pages.blocks import Block, Heading, Markdown, Section, Table
from pipeline.report.paper import LARGE_MODELS, SETS, order_sets, set_name
from pipeline.report.splits import describe_splits
from pipeline.report.tables import NONE, decimal, integer, minutes, percent, plus_minus, score

NOT_RUN = "not run"
TITLES = {"token_f1": "token F1", "entity_f1": "entity F1"}
LM = ["parameters_m", "perplexity", "tokens", "tokens_per_second", "minutes", "peak_memory_mb", "device"]
"""Columns of tables.csv about the language model."""


class Sweep(NamedTuple):
    """What the command `tables` found of what it was asked for."""

    scale: str
    protocol: str
    rows: list[Row]
    """At most one an architecture, unless revisions were named."""
    missing: list[str]
    """Architectures without a row."""
    note: str
    """What a reader has to know of the rows."""
    pairs: list[Pairs]
    """By data set, of the rows in the order of `rows`; empty where there are no two."""

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
        """Data sets of any row, in the paper's order; the paper's if there is no row."""
        return order_sets({name for row in self.rows for name in row.scores}) or list(SETS)


def list_records(sweep: Sweep) -> Iterator[dict[str, object]]:
    """The rows of tables.csv, with every number, by column."""
    for arch, row in sweep.entries:
        record: dict[str, object] = {"arch": arch, "revision": row.source if row else NOT_RUN}
        record |= {"layers": row.layers, "hidden": row.hidden or ""} if row else {"layers": "", "hidden": ""}
        record |= {key: row.lm.get(key, "") if row else "" for key in LM}
        for name, metric in product(sweep.sets, METRICS):
            numbers = row.scores.get(name, {}).get(metric) if row else None
            for part, number in zip(("", "_deviation", "_low", "_high"), numbers or [None] * 4, strict=True):
                record[f"{name}.{metric}{part}"] = "" if number is None else number
        yield record | {f"{name}.paper_f1": paper_f1(arch).get(name, "") for name in sweep.sets}


def describe(sweep: Sweep) -> Page:
    """The page: what there is to say, in order; what no row has is left out."""
    rows = sweep.ran
    costs = [COSTS] if any(row.lm.get("minutes") for row in rows) else []
    splits = {name: row.splits[name] for name in sweep.sets for row in reversed(sweep.rows) if name in row.splits}
    sections = [
        Section("F1 against its cost", [*costs, *([SIZES, SCORES] if rows else [])]),
        Section("Table 1: the NER sets", [*describe_splits(splits)] if splits else ["No row was run."]),
        Section("Table 2: architectures", [*_beside_paper(sweep, [LAYERS, PARAMETERS], large=False)]),
        Section("Table 3: the large models", [*_beside_paper(sweep, [LAYERS, HIDDEN, PARAMETERS, TOKENS], large=True)]),
        Section("With what certainty", [*_intervals(sweep), *_pairs(sweep)]),
        Section("At what cost", [*_costs(sweep)]),
        Section("Learning curves", [CURVES] if any(any(row.epochs.values()) for row in rows) else []),
        Section("Typos", [TYPOS] if any(any(row.typos.values()) for row in rows) else []),
    ]
    lead = (
        "A cell of Tables 2 and 3 is ours, then the paper's in brackets. Ours: the mean over the taggers of all seeds, "
        "± the standard deviation between them where they are several. F1 is the paper's token F1, weighted by "
        "support, without O."
    )
    title = f"The paper's tables, scale {sweep.scale}: {sweep.protocol}"
    warning = DEMO_WARNING if sweep.scale == DEMO else ""
    return Page(title, warning, [lead, sweep.note], [section for section in sections if section.blocks])


class Column(NamedTuple):
    """What a cell is of a row of ours, and of the paper's model of this name."""

    title: str
    ours: Callable[[Row], str]
    theirs: Callable[[Any], str]


LAYERS = Column("Layers", lambda row: str(row.layers), lambda model: str(model.layers))
HIDDEN = Column("Internal size", lambda row: integer(row.hidden), lambda model: integer(model.hidden))
PARAMETERS = Column(
    "Parameters, M", lambda row: decimal(row.lm["parameters_m"], 2), lambda model: decimal(model.parameters_m, 1)
)
TOKENS = Column(
    "Tokens read, M",
    lambda row: decimal(row.lm["tokens"] / 1e6 if "tokens" in row.lm else None, 1),
    lambda model: f"{model.epochs} x {integer(model.tokens_m)}",
)


def _f1(name: str) -> Column:
    return Column(
        f"F1 {set_name(name)}",
        lambda row: plus_minus(*row.scores[name]["token_f1"][:2]) if name in row.scores else NOT_RUN,
        lambda model: score(model.f1.get(name)),
    )


def _beside_paper(sweep: Sweep, columns: Sequence[Column], large: bool) -> Iterator[Table]:
    """Our rows and the paper's in one table; none where no such architecture was asked for."""
    columns = [*columns, *map(_f1, sweep.sets)]
    rows = []
    for arch, row in sweep.entries:
        if (arch in LARGE_MODELS) == large:
            model = PAPER.get(arch)
            ours = [column.ours(row) if row else NOT_RUN for column in columns]
            theirs = [f" ({column.theirs(model)})" if model else "" for column in columns]
            label = f"{arch} ({model.name})" if model else arch
            rows.append([label, *(a + b for a, b in zip(ours, theirs, strict=True))])
    if rows:
        yield Table(["Architecture", *(column.title for column in columns)], rows)


def _intervals(sweep: Sweep) -> Iterator[Block]:
    keys = [*product(sweep.sets, METRICS)]
    rows = []
    for row in sweep.ran:
        scores = [row.scores.get(name, {}).get(metric) for name, metric in keys]
        cells = [f"{score(s.mean)} ({score(s.low)} to {score(s.high)})" if s else NOT_RUN for s in scores]
        rows.append([row.arch, *cells])
    header = ["Architecture", *(f"{set_name(name)}, {TITLES[metric]}" for name, metric in keys)]
    yield Table(header, rows) if rows else "No row was run."
    yield (
        "95 % bootstrap intervals over test sentences. Two that overlap may still differ for sure, since both systems "
        "read the same sentences: `python -m pipeline compare A B` tests a pair."
    )


def _pairs(sweep: Sweep) -> Iterator[Block]:
    """Matrices of differences and p, what they say, and how to look closer."""
    labels = label_rows(sweep.rows)
    tested = [pairs for pairs in sweep.pairs if len(pairs.rows) > 1]
    for pairs in sweep.pairs:
        yield Heading(f"{set_name(pairs.name)}: who is better by more than chance")
        if pairs in tested:
            yield _matrix(pairs, labels)
        for number, why in sorted(pairs.absent.items()):
            yield f"{labels[number]} could not be tested: {why}"
    if not tested:
        return
    yield (
        "Entity F1 of the row minus that of the column, the best first, and p of approximate randomisation "
        f"({integer(RESAMPLES)} random swaps of the tags of a sentence, all seeds at once), two-sided. With a star: "
        "significant at 5 % after Holm's correction for all pairs of the set. It is about these taggers on other "
        f"sentences, and nothing about other seeds; {NONE} where the rows differ in their numbers of seeds."
    )
    commands = [  # of neighbours by entity F1
        [
            f"{labels[a]} and {labels[b]}",
            f"python -m pipeline compare {shlex.join([sweep.rows[a].revision, sweep.rows[b].revision])}",
        ]
        for a, b in pairwise(tested[0].rows)
    ]
    yield Table(["Pair", "For its sentences, types and settings"], commands, left=2)


def _matrix(pairs: Pairs, labels: Sequence[str]) -> Table:
    """A row for all but the worst, a column for all but the best; **+0.031** * (p 0.0005) where it is sure."""
    rows = []
    for a in pairs.rows[:-1]:
        differences = [pairs.differences.get((a, b)) for b in pairs.rows[1:]]
        texts = ["" if d is None else f"{d.value:+.3f} (p {decimal(d.p, 4)})" for d in differences]
        sure = [d is not None and d.sure for d in differences]
        cells = [Markdown("**{}** * {}".format(*t.split(" ", 1))) if s else t for t, s in zip(texts, sure, strict=True)]
        rows.append([labels[a], *cells])
    return Table(["Better, by", *(labels[number] for number in pairs.rows[1:])], rows)


def _costs(sweep: Sweep) -> Iterator[Block]:
    header = ["Architecture", "Perplexity", "Tokens a second", "Minutes", "Peak memory, MB", "Char-CNN's share of size"]
    rows = []
    for arch, row in sweep.entries:
        if row is None:
            rows.append([arch, *[NONE] * 6, NOT_RUN])
            continue
        lm, charcnn = row.lm, row.charcnn_parameters_m
        numbers = [
            decimal(lm.get("perplexity"), 1),
            integer(lm.get("tokens_per_second")),
            minutes(lm.get("minutes")),
            integer(lm.get("peak_memory_mb")),
            percent(charcnn / (charcnn + lm["parameters_m"]) if charcnn else None),
        ]
        rows.append([arch, *numbers, lm.get("device", NONE), row.source])
    yield Table([*header, "Device", "Revision"], rows)
    yield (
        "Of the language model's training: validation perplexity; speed, minutes and memory as measured when it was "
        "trained, on what machine that was. The char-CNN's share is that of its parameters in them and those of the "
        "recurrent layers and the projection; the paper says 19 % for its SRU, and 35 % of the run time, which is "
        "nothing here: the char-CNN is frozen and every type's vector computed once."
    )
