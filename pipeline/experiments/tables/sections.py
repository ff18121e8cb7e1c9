"""What there is to say about a sweep, whether in Markdown or in HTML."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from pipeline.experiments.tables.asked import NOT_RUN, Sweep, list_archs
from pipeline.experiments.tables.pairs import RESAMPLES, Difference, Pairs
from pipeline.experiments.tables.plots import label_rows
from pipeline.experiments.tables.row import METRICS, Row, Score
from pipeline.report.pages.blocks import Block, Heading, Markdown, Picture, Section, Table
from pipeline.report.paper import LARGE_MODELS, MODELS, set_name
from pipeline.report.splits import describe_splits
from pipeline.report.tables import NONE, decimal, integer, minutes, percent, plus_minus, score

COSTS = Picture("tables.cost", "Minutes of pretraining against token F1, by architecture")
SIZES = Picture("tables.size", "Parameters against token F1, by architecture, ours and the paper's")
SCORES = Picture("tables.f1", "Token F1 of all architectures beside the paper's")
CURVES = Picture("tables.curves", "Learning curves of language models and taggers, by architecture")
TYPOS = Picture("tables.typos", "Entity F1 under typos, by architecture")


def list_sections(sweep: Sweep) -> list[Section]:
    """What there is to say, in order; what no row has is left out."""
    rows = sweep.ran
    costs = [row for row in rows if row.lm.get("minutes")]
    sections = [
        Section("F1 against its cost", [*([COSTS] if costs else []), *([SIZES, SCORES] if rows else [])]),
        Section("Table 1: the NER sets", [*_splits(sweep)]),
        Section("Table 2: architectures", [_table_2(sweep)]),
        Section("Table 3: the large models", [*_table_3(sweep)]),
        Section("With what certainty", [*_intervals(sweep), *_pairs(sweep)]),
        Section("At what cost", [*_costs(sweep)]),
        Section("Learning curves", [CURVES] if any(row.epochs for row in rows) else []),
        Section("Typos", [TYPOS] if any(row.typos for row in rows) else []),
    ]
    return [section for section in sections if section.blocks]


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


def _table_3(sweep: Sweep) -> Iterator[Table]:
    header = ["Architecture", "Layers", "Internal size", "Parameters, M", "Tokens read, M"]
    header += [f"F1 {set_name(name)}" for name in sweep.sets]
    asked = [arch for arch in list_archs(sweep) if arch in LARGE_MODELS]
    if asked:
        yield Table(header, [_row_3(row, sweep.sets) for row in sweep.ordered(asked)])


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


def _matrix(pairs: Pairs, labels: Sequence[str]) -> Table:
    worse = pairs.rows[1:]
    better = [number for number in pairs.rows if number != worse[-1]]
    rows = [[labels[a], *(_cell(pairs.differences.get((a, b))) for b in worse)] for a in better]
    return Table(["Better, by", *(labels[number] for number in worse)], rows)


def _cell(found: Difference | None) -> str:
    """**+0.031** * (p 0.0005), in bold with a star where it is sure."""
    if found is None:
        return ""
    value, p = f"{found.value:+.3f}", NONE if found.p is None else decimal(found.p, 4)
    return Markdown(f"**{value}** * (p {p})" if found.sure else f"{value} (p {p})")


def _commands(sweep: Sweep, pairs: Pairs, labels: Sequence[str]) -> Iterator[list[str]]:
    """Of neighbours by entity F1."""
    for a, b in pairwise(pairs.rows):
        names = shlex.join([sweep.rows[a].revision, sweep.rows[b].revision])
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
