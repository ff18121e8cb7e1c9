"""The scores of the last run, for the end of a terminal session."""

from pathlib import Path

from pipeline.ner.scoring.scores import METRICS
from pipeline.report.data import Cost, Data, read_lm, read_metrics
from pipeline.report.page import DEMO, DEMO_WARNING
from pipeline.report.paper import order_sets
from pipeline.report.tables import decimal, integer, minutes, plain, spread
from pipeline.work.outputs import read_json


def summary(metrics: Path) -> str:
    """The F1 table, the language model in a line, and where the report is; a `UserError` before the first run."""
    data: Data = read_json(metrics / "data.json", Data, "report")
    lm = read_lm(metrics)
    sets = {name: read_metrics(metrics, name) for name in data["ner"]}
    rows = [[name, *(spread(sets[name], metric) for metric in METRICS)] for name in order_sets(list(sets))]
    model = f"a published ELMo, {decimal(lm['parameters_m'], 2)} M parameters"
    if "perplexity" in lm:
        model = f"validation perplexity {decimal(lm['perplexity'], 1)}, {decimal(lm['parameters_m'], 2)} M parameters"
    elif not lm["parameters_m"]:
        model = "none, the bare char encoder"
    return "\n".join(
        [
            f"{lm['arch']}, scale {data['scale']}",
            *([DEMO_WARNING] if data["scale"] == DEMO else []),
            "",
            plain(["set", *METRICS], rows),
            "",
            f"language model: {model}",
            *_describe_cost(metrics / "cost.json"),
            f"report: {metrics / 'report.html'}, {metrics / 'report.md'}",
        ]
    )


def _describe_cost(path: Path) -> list[str]:
    """What its training took, in a line; nothing where that was not written down."""
    if not path.is_file():
        return []
    cost: Cost = read_json(path, Cost, "pretrain")
    lm = cost["lm"]
    facts = [
        f"{minutes(lm['minutes'])} minutes" if "minutes" in lm else "",
        f"{integer(lm['tokens_per_second'])} tokens a second" if "tokens_per_second" in lm else "",
        f"{integer(lm['peak_memory_mb'])} MB at most" if "peak_memory_mb" in lm else "",
        cost.get("machine", {}).get("hardware", lm.get("device", "")),
    ]
    return [f"its training: {', '.join(filter(None, facts))}"] if any(facts) else []
