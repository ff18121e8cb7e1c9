"""metrics/tables.md and .csv: the paper's tables with our numbers beside theirs, and what those cost."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pipeline.report.page import DEMO, DEMO_WARNING
from pipeline.report.paper import LARGE_MODELS, MODELS, SETS, order_sets, set_name
from pipeline.report.splits import describe_splits
from pipeline.report.tables import NONE, decimal, integer, markdown, plus_minus, score
from pipeline.sweep.row import METRICS, Row, Score

NOT_RUN = "not run"


class Sweep(NamedTuple):
    """All that was asked for."""

    scale: str
    protocol: str
    rows: list[Row]
    """At most one an architecture, but where revisions were named."""
    missing: list[str]
    """Architectures without a row."""
    notes: list[str]
    """What a reader has to know of the rows."""

    @property
    def sets(self) -> list[str]:
        """Data sets of any row, in the paper's order; the paper's if there is no row."""
        return order_sets(sorted({name for row in self.rows for name in row.scores})) or list(SETS)

    def ordered(self, archs: Sequence[str]) -> list[Row | str]:
        """The rows of these architectures, in this order; where one has none, its name."""
        found: list[Row | str] = []
        for arch in archs:
            found += [row for row in self.rows if row.arch == arch] or [arch]
        return found


def render(sweep: Sweep) -> str:
    """The page; pictures are looked for beside it."""
    parts = [
        f"# The paper's tables, scale {sweep.scale}, protocol {sweep.protocol}",
        *([f"> **{DEMO_WARNING}**"] if sweep.scale == DEMO else []),
        "A cell is ours, then the paper's in brackets. Ours: the mean over the taggers of all seeds, ± the standard "
        "deviation between them where they are several. F1 is the paper's token F1, weighted by support, without O.",
        *sweep.notes,
        "## Table 1: the NER sets",
        *_splits(sweep),
        "## Table 2: architectures",
        _table_2(sweep),
        "## Table 3: the large models",
        _table_3(sweep),
        "## With what certainty",
        *_intervals(sweep),
        "## At what cost",
        *_costs(sweep),
    ]
    return "\n\n".join(parts) + "\n"


def columns(sweep: Sweep) -> list[str]:
    """The header of tables.csv."""
    by_set = [f"{name}.{metric}" for name in sweep.sets for metric in METRICS]
    return [
        *("arch", "revision", "layers", "hidden", *LM),
        *(f"{column}{part}" for column in by_set for part in ("", "_deviation", "_low", "_high")),
        *(f"{name}.paper_f1" for name in sweep.sets),
    ]


LM = ["parameters_m", "perplexity", "tokens", "tokens_per_second", "minutes", "peak_memory_mb", "device"]


def records(sweep: Sweep) -> Iterator[list[object]]:
    """The rows of tables.csv."""
    for row in sweep.ordered(list_archs(sweep)):
        if isinstance(row, str):
            yield [row, NOT_RUN, *[""] * (len(columns(sweep)) - 2 - len(sweep.sets)), *_paper_f1(row, sweep.sets)]
        else:
            found = [row.scores.get(name, {}).get(metric) for name in sweep.sets for metric in METRICS]
            numbers = [number for one in found for number in _numbers(one)]
            lm = [row.lm.get(key, "") for key in LM]
            paper_f1 = _paper_f1(row.arch, sweep.sets)
            yield [row.arch, row.source, row.layers, row.hidden or "", *lm, *numbers, *paper_f1]


def _numbers(found: Score | None) -> list[object]:
    return ["" if number is None else number for number in found or [None] * len(Score._fields)]


def _paper_f1(arch: str, sets: Sequence[str]) -> list[object]:
    model = MODELS.get(arch) or LARGE_MODELS.get(arch)
    return [model.f1.get(name, "") if model else "" for name in sets]


def list_archs(sweep: Sweep) -> list[str]:
    """The paper's rows as the paper has them, then others."""
    asked = [*(row.arch for row in sweep.rows), *sweep.missing]
    return [arch for arch in dict.fromkeys([*MODELS, *LARGE_MODELS, *asked]) if arch in asked]


def _splits(sweep: Sweep) -> Iterator[str]:
    if not sweep.rows:
        yield "No row was run."
        return
    yield from describe_splits({name: sweep.rows[0].splits[name] for name in sweep.sets})


def _table_2(sweep: Sweep) -> str:
    header = ["Architecture", "Layers", "Parameters, M", *(f"F1 {set_name(name)}" for name in sweep.sets)]
    archs = [arch for arch in list_archs(sweep) if arch not in LARGE_MODELS]
    return markdown(header, [_row_2(row, sweep.sets) for row in sweep.ordered(archs)])


def _row_2(row: Row | str, sets: Sequence[str]) -> list[str]:
    arch = row if isinstance(row, str) else row.arch
    model = MODELS.get(arch)
    return [
        _label(row, model.name if model else None),
        _beside(None if isinstance(row, str) else str(row.layers), str(model.layers) if model else None),
        _beside(_parameters(row), decimal(model.parameters_m, 1) if model else None),
        *(_beside(_f1(row, name), score(model.f1.get(name)) if model else None) for name in sets),
    ]


def _table_3(sweep: Sweep) -> str:
    header = ["Architecture", "Layers", "Internal size", "Parameters, M", "Tokens read, M"]
    header += [f"F1 {set_name(name)}" for name in sweep.sets]
    return markdown(header, [_row_3(row, sweep.sets) for row in sweep.ordered(list(LARGE_MODELS))])


def _row_3(row: Row | str, sets: Sequence[str]) -> list[str]:
    model = LARGE_MODELS[row if isinstance(row, str) else row.arch]
    ran = None if isinstance(row, str) else row
    tokens = decimal(ran.lm["tokens"] / 1e6, 1) if ran and "tokens" in ran.lm else None
    return [
        _label(row, model.name),
        _beside(str(ran.layers) if ran else None, str(model.layers)),
        _beside(integer(ran.hidden) if ran else None, integer(model.hidden)),
        _beside(_parameters(row), decimal(model.parameters_m, 1)),
        _beside(tokens or (NONE if ran else None), f"{model.epochs} x {integer(model.tokens_m)}"),
        *(_beside(_f1(row, name), score(model.f1.get(name))) for name in sets),
    ]


def _label(row: Row | str, paper_name: str | None) -> str:
    """`sru` alone, or with the paper's name for it."""
    arch = row if isinstance(row, str) else row.arch
    return f"{arch} ({paper_name})" if paper_name else arch


def _beside(ours: str | None, theirs: str | None) -> str:
    found = NOT_RUN if ours is None else ours
    return f"{found} ({theirs})" if theirs else found


def _parameters(row: Row | str) -> str | None:
    return None if isinstance(row, str) else decimal(row.lm["parameters_m"], 2)


def _f1(row: Row | str, name: str) -> str | None:
    if isinstance(row, str) or name not in row.scores:
        return None
    found = row.scores[name]["token_f1"]
    return plus_minus(found.mean, found.deviation)


def _intervals(sweep: Sweep) -> Iterator[str]:
    header = ["Architecture", *(f"{set_name(name)}, {TITLES[metric]}" for name in sweep.sets for metric in METRICS)]
    rows = [
        [row.arch, *(_interval(row.scores.get(name, {}), metric) for name in sweep.sets for metric in METRICS)]
        for row in sweep.ordered(list_archs(sweep))
        if not isinstance(row, str)
    ]
    yield markdown(header, rows) if rows else "No row was run."
    yield (
        "95 % bootstrap intervals over test sentences. Two that overlap may still differ for sure, since both systems "
        "read the same sentences: `python -m pipeline compare A B` tests a pair."
    )


TITLES = {"token_f1": "token F1", "entity_f1": "entity F1"}


def _interval(scores: Mapping[str, Score], metric: str) -> str:
    found = scores.get(metric)
    return f"{score(found.mean)} ({score(found.low)} to {score(found.high)})" if found else NOT_RUN


def _costs(sweep: Sweep) -> Iterator[str]:
    header = ["Architecture", "Perplexity", "Tokens a second", "Minutes", "Peak memory, MB", "Device", "Revision"]
    yield markdown(header, [_cost(row) for row in sweep.ordered(list_archs(sweep))])
    yield (
        "Of the language model's training: validation perplexity; speed, minutes and memory as measured when it was "
        "trained, on what machine that was. [Cost against F1](tables.cost.svg):"
    )
    yield "[![Minutes of pretraining against F1](tables.cost.png)](tables.cost.svg)"
    yield "[![F1 of all architectures beside the paper's](tables.f1.png)](tables.f1.svg)"


def _cost(row: Row | str) -> list[str]:
    if isinstance(row, str):
        return [row, *[NONE] * 5, NOT_RUN]
    lm = row.lm
    return [
        row.arch,
        decimal(lm.get("perplexity"), 1),
        integer(lm.get("tokens_per_second")),
        decimal(lm.get("minutes"), 2),
        integer(lm.get("peak_memory_mb")),
        lm.get("device", NONE),
        row.source,
    ]
