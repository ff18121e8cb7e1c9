"""metrics/report.md and report.html: one experiment, for people. The words are in page.md."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.ner.scoring.scores import FURTHER
from pipeline.report import paper
from pipeline.report.counts import Flow, read_flows
from pipeline.report.data import MEAN, Json, Results, SetResults
from pipeline.report.mistakes import RIGHT, WRONG, Mistakes
from pipeline.report.pages.blocks import Markdown, table
from pipeline.report.pages.render import render_markdown
from pipeline.report.splits import tabulate_dropped, tabulate_splits
from pipeline.report.tables import decimal, integer, interval, percent, plus_minus, score, spread


def render(results: Results, mistakes: Mapping[str, Mistakes], settings: Json, whole: bool) -> str:
    """The page as Markdown; unless it is to be whole, it has neither test sentences nor settings."""
    sets, lm, size = results.sets, results.lm, results.charcnn_parameters_m
    counts = {name: of_set.counts for name, of_set in sets.items()}
    return render_markdown(
        Path(__file__).with_name("page.md"),
        whole=whole,
        results=results,
        facts=_tabulate_facts(results),
        scores=[_describe_scores(name, of_set) for name, of_set in sets.items()],
        types={name: [_describe_type(row) for row in sets[name].types.to_dict("records")] for name in sets},
        typos=[row for name in sets for row in _describe_typos(name, sets[name])],
        pretrained=not results.curve.empty,
        charcnn_share=size / (size + lm["parameters_m"]),
        set_columns=[f"F1 {paper.set_name(name)}" for name in sets],
        in_paper=_compare(results, paper.MODELS.get(results.arch)),
        splits=counts,
        split_table=tabulate_splits(counts),
        dropped_rows=tabulate_dropped(counts),
        flows=[*_list_flows(results.counts)],
        mistakes=mistakes,
        most_wrong=WRONG,
        most_right=RIGHT,
        seed=settings["seed"],
        settings=[[key, str(value)] for key, value in pd.json_normalize(settings).to_dict("records")[0].items()],
    )


def _tabulate_facts(results: Results) -> Markdown:
    """The headlines: each row has a name, a number and a note."""
    lm, facts = results.lm, []
    for name, of_set in results.sets.items():
        token, entity = (interval(_mean(of_set, metric)) for metric in ("token_f1", "entity_f1"))
        note = f"95 % interval {entity}; token F1 {spread(of_set.metrics, 'token_f1')} ({token})"
        facts.append((f"{paper.set_name(name)}, entity F1", spread(of_set.metrics, "entity_f1"), note))
    if "perplexity" in lm:
        note = f"of held-out articles, after {integer(lm.get('tokens'))} tokens"
        facts.append(("Language model, perplexity", decimal(lm["perplexity"], 1), note))
    note = f"recurrent layers and projection; {results.encoder} {decimal(results.charcnn_parameters_m, 2)} M"
    facts.append(("Parameters", f"{decimal(lm['parameters_m'], 2)} M", note))
    return table(["Name", "Number", "Note"], facts, left=3)


def _mean(of_set: SetResults, metric: str) -> Any:
    """The row of the mean over seeds."""
    return next(x for x in of_set.scores.to_dict("records") if (x["metric"], x["seed"]) == (metric, MEAN))


def _describe_scores(name: str, of_set: SetResults) -> list[str]:
    seeds = set(of_set.scores["seed"]) - {MEAN}
    scores = [(spread(of_set.metrics, x), interval(_mean(of_set, x))) for x in ("token_f1", "entity_f1")]
    others = [spread(of_set.metrics, x) for x in ("entity_f1_macro", *FURTHER)]
    return [paper.set_name(name), str(len(seeds)), *scores[0], *scores[1], *others]


def _describe_type(row: Mapping[Any, Any]) -> list[str]:
    scores = [score(row["precision"]), score(row["recall"]), plus_minus(row["f1"], row["deviation"])]
    return [row["type"], integer(row["support"]), *scores, interval(row)]


def _describe_typos(name: str, of_set: SetResults) -> Iterator[list[str]]:
    for row in of_set.typos.to_dict("records"):
        words = f"{integer(row['misspelt'])} of {integer(row['words'])}"
        ends = {"low": row["entity_f1_low"], "high": row["entity_f1_high"]}
        scores = [score(row["token_f1"]), score(row["entity_f1"]), interval(ends)]
        yield [paper.set_name(name), percent(row["rate"]), words, *scores]


def _compare(results: Results, model: paper.Model | None) -> list[list[str]]:
    """The paper's row of Table 2 and ours; no rows for an architecture that the paper lacks."""
    if model is None:
        return []
    their_f1 = [score(model.f1.get(name)) for name in results.sets]
    our_f1 = [score(of_set.metrics["token_f1"]) for of_set in results.sets.values()]
    theirs = [f"Paper: {model.name}, {model.layers} layers", decimal(model.parameters_m, 1), *their_f1]
    return [theirs, [f"Here: {results.arch}, scale {results.scale}", decimal(results.lm["parameters_m"], 2), *our_f1]]


def _list_flows(counts: Json) -> Iterator[list[str]]:
    """Yield a row for each unit of each stage, without those of which there was none."""
    for stage in (stage for stage in counts if stage != "vocabulary"):
        yield from ([stage, *_describe_flow(flow)] for flow in read_flows(counts[stage]) if any(flow[1:]))


def _describe_flow(flow: Flow) -> list[str]:
    """The cells of a unit; `14 (4.7 %): redirect 10, empty 4` only where the stage both reads and writes it."""
    total, dropped = sum(flow.dropped.values()), ""
    if flow.read is not None and flow.written is not None:
        reasons = ", ".join(f"{reason} {integer(number)}" for reason, number in flow.dropped.items())
        dropped = f"{integer(total)} ({percent(total / max(flow.read, 1))}): {reasons}" if total else ""
    return [flow.unit, dropped, integer(flow.read), integer(flow.written)]
