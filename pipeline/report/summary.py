"""The scores of the last run, for the end of a terminal session."""

from pathlib import Path

from pipeline.files.json import read_json
from pipeline.report.data import METRICS, Data, read_lm, read_metrics
from pipeline.report.paper import order_sets
from pipeline.report.sections import DEMO, DEMO_WARNING
from pipeline.report.tables import decimal, plain, spread


def summary(metrics: Path) -> str:
    """The F1 table, the language model in a line, and where the report is; a `UserError` before the first run."""
    data: Data = read_json(metrics / "data.json", Data, "report")
    lm = read_lm(metrics)
    sets = {name: read_metrics(metrics, name) for name in data["ner"]}
    rows = [[name, *(spread(sets[name], metric) for metric in METRICS)] for name in order_sets(list(sets))]
    lines = [
        f"{lm['arch']}, scale {data['scale']}",
        *([DEMO_WARNING] if data["scale"] == DEMO else []),
        "",
        plain(["set", *METRICS], rows),
        "",
        f"language model: {_language_model(lm)}",
        f"report: {metrics / 'report.html'}, {metrics / 'report.md'}",
    ]
    return "\n".join(lines)


def _language_model(lm: dict[str, float]) -> str:
    size = f"{decimal(lm['parameters_m'], 2)} M parameters"
    if "perplexity" in lm:
        return f"validation perplexity {decimal(lm['perplexity'], 1)}, {size}"
    return f"a published ELMo, {size}" if lm["parameters_m"] else "none, the bare char encoder"
