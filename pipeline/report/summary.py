"""The scores of the last run, for the end of a terminal session."""

from pathlib import Path

from pipeline.files.json import read_json
from pipeline.ner.scoring.scores import FURTHER, METRICS
from pipeline.report.data import Cost, Data, read_lm, read_metrics
from pipeline.report.pages.render import DEMO, DEMO_WARNING
from pipeline.report.paper import order_sets
from pipeline.report.tables import NONE, decimal, integer, minutes, plain, spread


def summary(metrics: Path) -> str:
    """The F1 table, a line on the language model, and the pages that are there; a `UserError` before the first run."""
    data: Data = read_json(metrics / "data.json", Data, "report")
    lm = read_lm(metrics)
    sets = {name: read_metrics(metrics, name) for name in data["ner"]}
    metrics_shown = [*METRICS, *FURTHER]
    rows = [[name, *(spread(sets[name], metric) for metric in metrics_shown)] for name in order_sets(list(sets))]
    model = f"a published ELMo, {decimal(lm['parameters_m'], 2)} M parameters"
    if "perplexity" in lm:
        model = f"validation perplexity {decimal(lm['perplexity'], 1)}, {decimal(lm['parameters_m'], 2)} M parameters"
    elif not lm["parameters_m"]:
        model = "none, the bare char encoder"
    pages = [path for path in (metrics / "report.html", metrics / "report.md") if path.is_file()]
    lines = [
        f"{lm['arch']}, scale {data['scale']}",
        *([DEMO_WARNING] if data["scale"] == DEMO else []),
        "",
        plain(["set", *metrics_shown], rows),
        "",
        f"language model: {model}",
        *([_describe_cost(metrics / "cost.json")] if (metrics / "cost.json").is_file() else []),
        *([f"report: {', '.join(map(str, pages))}"] if pages else []),
    ]
    return "\n".join(lines)


def _describe_cost(path: Path) -> str:
    """What the training of the language model took, and where."""
    cost: Cost = read_json(path, Cost, "pretrain")
    lm, hardware = cost["lm"], cost.get("machine", {}).get("hardware")
    facts = [
        f"{show(lm[key])} {unit}"
        for key, show, unit in (
            ("minutes", minutes, "minutes"),
            ("tokens_per_second", integer, "tokens a second"),
            ("peak_memory_mb", integer, "MB at most"),
        )
        if key in lm
    ]
    return f"its training: {', '.join([*facts, hardware or lm.get('device', NONE)])}"
