"""metrics/report.md: one experiment, for people."""

from collections.abc import Iterator

from pipeline.report import paper
from pipeline.report.counts import Flow, read_flows
from pipeline.report.data import TEXT_STAGES, Json, Results, SetResults
from pipeline.report.splits import describe_dropped, describe_splits
from pipeline.report.tables import NONE, decimal, integer, markdown, percent, score, spread

MEAN = "mean"
"""In place of a seed in a table of scores."""
DEMO = "demo"
DEMO_WARNING = "The data of scale demo are generated: these scores show that the pipeline works and are no result."


def render(results: Results) -> str:
    """The whole page; pictures are looked for in `plots` beside it."""
    counts = {name: of_set.counts for name, of_set in results.sets.items()}
    parts = [
        f"# {results.arch}, scale {results.scale}",
        *([f"> **{DEMO_WARNING}**"] if results.scale == DEMO else []),
        _protocol(results.protocol),
        *_entities(results),
        *_typos(results),
        *_language_model(results),
        *_beside_paper(results),
        "## NER sets",
        *describe_splits(counts),
        *describe_dropped(counts, results.protocol["tokens"]),
        *_text(results),
    ]
    return "\n\n".join(parts) + "\n"


def _protocol(protocol: Json) -> str:
    words = "lemmas" if protocol["lemmas"] else "words as they are"
    case = "in lower case" if protocol["lowercase"] else "with their capitals"
    epoch = {"best": "the best by validation entity F1", "last": "the last"}[protocol["epoch"]]
    return f"Protocol: the models read {words}, {case}; tokens kept: {protocol['tokens']}; epoch kept: {epoch}."


def _entities(results: Results) -> Iterator[str]:
    yield "## Named entities, test split"
    header = ["Set", "Seeds", "Token F1", "95 % interval", "Entity F1", "95 % interval", "Entity F1, macro"]
    yield markdown(header, [_scores(name, of_set) for name, of_set in results.sets.items()])
    yield (
        "Token F1 is the paper's: F1 of the B- and I- labels, weighted by support, without O. Entity F1 counts exact "
        "spans with their type, all types together; macro is the mean over the types. A score is the mean over the "
        "taggers of all seeds, ± the standard deviation between them where they are several. The interval, a bootstrap "
        "over test sentences, is of the mean: it says what another test set might make of these taggers, and nothing "
        "about other seeds."
    )
    for name in results.sets:
        title = paper.set_name(name)
        yield f"### {title}"
        yield _picture(f"{name}.types", f"{title}: F1 by entity type")
        yield _picture(f"{name}.confusion", f"{title}: confusion of entity types")
        yield _picture(f"{name}.epochs", f"{title}: learning curves of the taggers")


def _scores(name: str, of_set: SetResults) -> list[str]:
    seeds = set(of_set.scores["seed"].astype(str)) - {MEAN}
    token, entity = (_interval(of_set, metric) for metric in ("token_f1", "entity_f1"))
    token_f1, entity_f1, macro = (spread(of_set.metrics, m) for m in ("token_f1", "entity_f1", "entity_f1_macro"))
    return [paper.set_name(name), str(len(seeds)), token_f1, token, entity_f1, entity, macro]


def _interval(of_set: SetResults, metric: str) -> str:
    scores = of_set.scores
    low, high = scores.loc[(scores["metric"] == metric) & (scores["seed"] == MEAN), ["low", "high"]].iloc[0]
    return f"{score(low)} to {score(high)}"


def _typos(results: Results) -> Iterator[str]:
    yield "## Typos, test split"
    header = ["Set", "Typos in", "Words", "Token F1", "Entity F1", "95 % interval"]
    rows = [row for name, of_set in results.sets.items() for row in _typo_rows(name, of_set)]
    yield markdown(header, rows)
    yield (
        "Of the words of two letters or more, a share has one typo each: a neighbouring key, two letters swapped, one "
        "left out or one doubled. It is made before lower-casing and lemmatisation, and kept at every higher share."
    )
    for name in results.sets:
        yield _picture(f"{name}.typos", f"{paper.set_name(name)}: F1 under typos")


def _typo_rows(name: str, of_set: SetResults) -> Iterator[list[str]]:
    for row in of_set.typos.to_dict("records"):
        interval = f"{score(row['entity_f1_low'])} to {score(row['entity_f1_high'])}"
        words = f"{integer(row['misspelt'])} of {integer(row['words'])}"
        f1 = [score(row["token_f1"]), score(row["entity_f1"]), interval]
        yield [paper.set_name(name), percent(row["rate"]), words, *f1]


def _language_model(results: Results) -> Iterator[str]:
    yield "## Language model"
    yield markdown(["", results.arch], [row for row in _lm_rows(results.lm) if row[1] != NONE])
    if "perplexity" in results.lm:
        yield (
            "Perplexity of held-out articles: each token predicted from both sides by full softmax; comparable between "
            "architectures on the same text and vocabulary. Parameters: recurrent layers and projection."
        )
    elif results.lm["parameters_m"]:
        yield "A published ELMo, imported whole: nothing is pretrained here, and there is no perplexity."
    else:
        yield "The bare char-CNN has no recurrent layers: nothing is pretrained, and there is no perplexity."
    yield _picture("lm", "Learning curve of the language model")


def _lm_rows(lm: Json) -> list[list[str]]:
    minutes = lm.get("minutes")
    return [
        ["Validation perplexity", decimal(lm.get("perplexity"), 1)],
        ["Parameters, M", decimal(lm["parameters_m"], 2)],
        ["Tokens read", integer(lm.get("tokens"))],
        ["Tokens a second", integer(lm.get("tokens_per_second"))],
        ["Minutes", decimal(minutes, 1 if minutes is not None and minutes >= 10 else 2)],
        ["Padding", percent(lm.get("padding_share"))],
        ["Peak memory, MB", integer(lm.get("peak_memory_mb"))],
        ["Device", lm.get("device", NONE)],
        ["torch", lm["torch"]],
        ["Seed", str(lm["seed"])],
    ]


def _beside_paper(results: Results) -> Iterator[str]:
    model = paper.MODELS.get(results.arch)
    if model is None:
        return
    yield "## Beside the paper, Table 2"
    header = ["", "Parameters, M", *(f"F1 {paper.set_name(name)}" for name in results.sets)]
    their_f1 = [score(model.f1.get(name)) for name in results.sets]
    our_f1 = [score(of_set.metrics["token_f1"]) for of_set in results.sets.values()]
    theirs = [f"Paper: {model.name}, {model.layers} layers", decimal(model.parameters_m, 1), *their_f1]
    ours = [f"Here: {results.arch}, scale {results.scale}", decimal(results.lm["parameters_m"], 2), *our_f1]
    yield markdown(header, [theirs, ours])
    yield (
        "Both are token F1, weighted by support. The paper's is of one run's last epoch, without the tokens that are "
        "not alphanumeric, with layers 1024 wide and a stated 294 M tokens of text. Other corpora, splits and sizes, "
        "as the tables here have them, make other numbers: a difference between the rows says nothing by itself."
    )


def _text(results: Results) -> Iterator[str]:
    yield "## News text, stage by stage"
    *stages, vocabulary = TEXT_STAGES
    flows = [[stage, *_flow(flow)] for stage in stages for flow in read_flows(results.counts[stage])]
    yield markdown(["Stage", "Unit", "Read", "Dropped", "Written"], flows, left=2)
    yield from _vocabulary(results.counts[vocabulary])


def _flow(flow: Flow) -> list[str]:
    return [flow.unit, integer(flow.read), _dropped(flow), integer(flow.written)]


def _dropped(flow: Flow) -> str:
    """`14 (4.7 %): redirect 10, empty 4`; only where the stage both reads and writes the unit."""
    if flow.read is None or flow.written is None:
        return ""
    total = sum(flow.dropped.values())
    if not total:
        return "0"
    reasons = [f"{reason} {integer(number)}" for reason, number in flow.dropped.items()]
    return f"{integer(total)} ({percent(total / flow.read)}): {', '.join(reasons)}"


def _vocabulary(counts: Json) -> Iterator[str]:
    units = ["documents", "fragments", "tokens"]
    rows = [[split, *(integer(counts[f"{unit}_{split}"]) for unit in units)] for split in ("train", "validation")]
    yield markdown(["Language model", *(unit.capitalize() for unit in units)], rows)
    yield (
        f"Of {integer(counts['types'])} types the language model predicts {integer(counts['types_predicted'])} by "
        f"name: {percent(counts['coverage'])} of the training tokens, {percent(counts['coverage_validation'])} of the "
        "validation tokens. The others are predicted as `<UNK>`, and read with vectors of their own."
    )


def _picture(name: str, title: str) -> str:
    """A picture that leads to its scalable form."""
    return f"[![{title}](plots/{name}.png)](plots/{name}.svg)"
