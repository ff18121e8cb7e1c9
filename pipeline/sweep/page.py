"""metrics/tables.md, .html and .csv: the paper's tables with our numbers beside theirs, and what those cost."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from pipeline.pages.blocks import Block, Cell, Heading, Matrix, Picture, Section, Table
from pipeline.pages.render import inline_svgs, render_page
from pipeline.report.paper import LARGE_MODELS, MODELS, SETS, order_sets, set_name
from pipeline.report.sections import DEMO, DEMO_WARNING
from pipeline.report.splits import describe_splits
from pipeline.report.tables import NONE, decimal, format_blocks, integer, minutes, percent, plus_minus, score
from pipeline.sweep.pairs import RESAMPLES, Difference, Pairs
from pipeline.sweep.plots import label_rows
from pipeline.sweep.row import METRICS, Row, Score

TEMPLATE = Path(__file__).with_name("page.html")
NOT_RUN = "not run"

COSTS = Picture("tables.cost", "Minutes of pretraining against token F1, by architecture")
SIZES = Picture("tables.size", "Parameters against token F1, by architecture, ours and the paper's")
SCORES = Picture("tables.f1", "Token F1 of all architectures beside the paper's")
CURVES = Picture("tables.curves", "Learning curves of language models and taggers, by architecture")
TYPOS = Picture("tables.typos", "Entity F1 under typos, by architecture")


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
    pairs: list[Pairs]
    """By data set, of the rows in the order of `rows`; empty where there are no two."""

    @property
    def title(self) -> str:
        return f"The paper's tables, scale {self.scale}, protocol {self.protocol}"

    @property
    def lead(self) -> list[str]:
        """What a cell is, and the notes."""
        return [
            "A cell of Tables 2 and 3 is ours, then the paper's in brackets. Ours: the mean over the taggers of all "
            "seeds, ± the standard deviation between them where they are several. F1 is the paper's token F1, weighted "
            "by support, without O.",
            *self.notes,
        ]

    @property
    def ran(self) -> list[Row]:
        """The rows, as the paper has them."""
        return [row for row in self.ordered(list_archs(self)) if not isinstance(row, str)]

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
        f"# {sweep.title}",
        *([f"> **{DEMO_WARNING}**"] if sweep.scale == DEMO else []),
        *sweep.lead,
        *(f"## {section.title}\n\n{format_blocks(section.blocks, '')}" for section in list_sections(sweep)),
    ]
    return "\n\n".join(parts) + "\n"


def render_html(sweep: Sweep, pictures: Mapping[str, str]) -> str:
    """The same as one file; `pictures` are SVG documents by name."""
    return render_page(
        TEMPLATE,
        title=sweep.title,
        warning=DEMO_WARNING if sweep.scale == DEMO else "",
        lead=sweep.lead,
        sections=list_sections(sweep),
        pictures=inline_svgs(pictures),
    )


def list_sections(sweep: Sweep) -> list[Section]:
    """What there is to say, in order; what no row has is left out."""
    rows = sweep.ran
    costs = [row for row in rows if row.lm.get("minutes")]
    sections = [
        Section("F1 against its cost", [*([COSTS] if costs else []), *([SIZES, SCORES] if rows else [])]),
        Section("Table 1: the NER sets", [*_splits(sweep)]),
        Section("Table 2: architectures", [_table_2(sweep)]),
        Section("Table 3: the large models", [_table_3(sweep)]),
        Section("With what certainty", [*_intervals(sweep), *_pairs(sweep)]),
        Section("At what cost", [*_costs(sweep)]),
        Section("Learning curves", [CURVES] if any(row.epochs for row in rows) else []),
        Section("Typos", [TYPOS] if any(row.typos for row in rows) else []),
    ]
    return [section for section in sections if section.blocks]


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


def _splits(sweep: Sweep) -> Iterator[Block]:
    if not sweep.rows:
        yield "No row was run."
        return
    yield from describe_splits({name: sweep.rows[0].splits[name] for name in sweep.sets})


def _table_2(sweep: Sweep) -> Table:
    header = ["Architecture", "Layers", "Parameters, M", *(f"F1 {set_name(name)}" for name in sweep.sets)]
    archs = [arch for arch in list_archs(sweep) if arch not in LARGE_MODELS]
    return Table(header, [_row_2(row, sweep.sets) for row in sweep.ordered(archs)])


def _row_2(row: Row | str, sets: Sequence[str]) -> list[str]:
    arch = row if isinstance(row, str) else row.arch
    model = MODELS.get(arch)
    return [
        _label(row, model.name if model else None),
        _beside(None if isinstance(row, str) else str(row.layers), str(model.layers) if model else None),
        _beside(_parameters(row), decimal(model.parameters_m, 1) if model else None),
        *(_beside(_f1(row, name), score(model.f1.get(name)) if model else None) for name in sets),
    ]


def _table_3(sweep: Sweep) -> Table:
    header = ["Architecture", "Layers", "Internal size", "Parameters, M", "Tokens read, M"]
    header += [f"F1 {set_name(name)}" for name in sweep.sets]
    return Table(header, [_row_3(row, sweep.sets) for row in sweep.ordered(list(LARGE_MODELS))])


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


def _intervals(sweep: Sweep) -> Iterator[Block]:
    header = ["Architecture", *(f"{set_name(name)}, {TITLES[metric]}" for name in sweep.sets for metric in METRICS)]
    rows = [
        [row.arch, *(_interval(row.scores.get(name, {}), metric) for name in sweep.sets for metric in METRICS)]
        for row in sweep.ran
    ]
    yield Table(header, rows) if rows else "No row was run."
    yield (
        "95 % bootstrap intervals over test sentences. Two that overlap may still differ for sure, since both systems "
        "read the same sentences: `python -m pipeline compare A B` tests a pair."
    )


TITLES = {"token_f1": "token F1", "entity_f1": "entity F1"}


def _interval(scores: Mapping[str, Score], metric: str) -> str:
    found = scores.get(metric)
    return f"{score(found.mean)} ({score(found.low)} to {score(found.high)})" if found else NOT_RUN


def _pairs(sweep: Sweep) -> Iterator[Block]:
    """Matrices of differences and p, what they say, and how to look closer."""
    labels = label_rows(sweep.rows)
    for pairs in sweep.pairs:
        yield Heading(f"{set_name(pairs.name)}: who is better by more than chance")
        if len(pairs.rows) > 1:
            yield _matrix(pairs, labels)
        for number, why in sorted(pairs.absent.items()):
            yield f"{labels[number]} could not be tested: {why}"
    tested = [pairs for pairs in sweep.pairs if len(pairs.rows) > 1]
    if not tested:
        return
    yield (
        "Entity F1 of the row minus that of the column, the best first, and p of approximate randomisation "
        f"({integer(RESAMPLES)} random swaps of the tags of a sentence, all seeds at once), two-sided. With a star: "
        "significant at 5 % after Holm's correction for all pairs of the set. It is about these taggers on other "
        f"sentences, and nothing about other seeds; {NONE} where the rows differ in their numbers of seeds."
    )
    yield Table(["Pair", "For its sentences, types and settings"], [*_commands(sweep, tested[0], labels)], left=2)


def _matrix(pairs: Pairs, labels: Sequence[str]) -> Matrix:
    worse = pairs.rows[1:]
    better = [number for number in pairs.rows if number != worse[-1]]
    cells = [(labels[a], [_cell(pairs.differences.get((a, b))) for b in worse]) for a in better]
    return Matrix("Better, by", [labels[number] for number in worse], cells)


def _cell(found: Difference | None) -> Cell | None:
    if found is None:
        return None
    return Cell(f"{found.value:+.3f}", f"p {NONE if found.p is None else decimal(found.p, 4)}", found.sure)


def _commands(sweep: Sweep, pairs: Pairs, labels: Sequence[str]) -> Iterator[list[str]]:
    """Of neighbours by entity F1."""
    for a, b in pairwise(pairs.rows):
        names = f"{sweep.rows[a].revision} {sweep.rows[b].revision}"
        yield [f"{labels[a]} and {labels[b]}", f"python -m pipeline compare {names}"]


def _costs(sweep: Sweep) -> Iterator[Block]:
    header = ["Architecture", "Perplexity", "Tokens a second", "Minutes", "Peak memory, MB", "Char-CNN's share of size"]
    yield Table([*header, "Device", "Revision"], [_cost(row) for row in sweep.ordered(list_archs(sweep))])
    yield (
        "Of the language model's training: validation perplexity; speed, minutes and memory as measured when it was "
        "trained, on what machine that was. The char-CNN's share is that of its parameters in them and those of the "
        "recurrent layers and the projection; the paper says 19 % for its SRU, and 35 % of the run time, which is "
        "nothing here: the char-CNN is frozen and every type's vector computed once."
    )


def _cost(row: Row | str) -> list[str]:
    if isinstance(row, str):
        return [row, *[NONE] * 6, NOT_RUN]
    lm, charcnn = row.lm, row.charcnn_parameters_m
    return [
        row.arch,
        decimal(lm.get("perplexity"), 1),
        integer(lm.get("tokens_per_second")),
        minutes(lm.get("minutes")),
        integer(lm.get("peak_memory_mb")),
        percent(charcnn / (charcnn + lm["parameters_m"]) if charcnn else None),
        lm.get("device", NONE),
        row.source,
    ]
