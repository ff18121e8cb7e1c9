"""metrics/tables.csv: a row an experiment, with every number."""

from collections.abc import Iterator, Sequence

from pipeline.experiments.tables.asked import NOT_RUN, Sweep, list_archs
from pipeline.experiments.tables.row import METRICS, Score
from pipeline.report.paper import LARGE_MODELS, MODELS


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
