"""What there is to say about one experiment, whether in Markdown or in HTML."""

from collections.abc import Iterator

from pipeline.files.metrics import MACHINE
from pipeline.report import paper
from pipeline.report.counts import Flow, read_flows
from pipeline.report.data import MEAN, TEXT_STAGES, Json, Results, SetResults
from pipeline.report.pages.blocks import Block, Picture, Table
from pipeline.report.splits import describe_dropped, describe_splits
from pipeline.report.tables import NONE, decimal, integer, minutes, percent, score, spread

DEMO = "demo"
DEMO_WARNING = "The data of scale demo are generated: these scores show that the pipeline works and are no result."
PICTURES = {
    "types": "F1 by entity type",
    "confusion": "confusion of entity types",
    "epochs": "learning curves of the taggers",
    "typos": "F1 under typos",
}


def describe_protocol(protocol: Json) -> str:
    """What the models read, what is scored and which epoch is kept."""
    words = "lemmas" if protocol["lemmas"] else "words as they are"
    case = "in lower case" if protocol["lowercase"] else "with their capitals"
    epoch = {"best": "the best by validation entity F1", "last": "the last"}[protocol["epoch"]]
    return f"Protocol: the models read {words}, {case}; tokens kept: {protocol['tokens']}; epoch kept: {epoch}."


def scores(results: Results) -> Iterator[Block]:
    """F1 of all sets, and what it is."""
    header = ["Set", "Seeds", "Token F1", "95 % interval", "Entity F1", "95 % interval", "Entity F1, macro"]
    yield Table(header, [_scores(name, of_set) for name, of_set in results.sets.items()])
    yield (
        "Token F1 is the paper's: F1 of the B- and I- labels, weighted by support, without O. Entity F1 counts exact "
        "spans with their type, all types together; macro is the mean over the types. A score is the mean over the "
        "taggers of all seeds, ± the standard deviation between them where they are several. The interval, a bootstrap "
        "over test sentences, is of the mean: it says what another test set might make of these taggers, and nothing "
        "about other seeds."
    )


def learning_curve(results: Results) -> list[Block]:
    """The language model's; nothing where none was pretrained."""
    return [] if results.curve.empty else [Picture("lm", "Learning curve of the language model")]


def picture_of(name: str, kind: str) -> Picture:
    """A picture of a data set, by the kind: a file of `pipeline/report/plots`."""
    return Picture(f"{name}.{kind}", f"{paper.set_name(name)}: {PICTURES[kind]}")


def _scores(name: str, of_set: SetResults) -> list[str]:
    seeds = set(of_set.scores["seed"].astype(str)) - {MEAN}
    token, entity = (interval(of_set, metric) for metric in ("token_f1", "entity_f1"))
    token_f1, entity_f1, macro = (spread(of_set.metrics, m) for m in ("token_f1", "entity_f1", "entity_f1_macro"))
    return [paper.set_name(name), str(len(seeds)), token_f1, token, entity_f1, entity, macro]


def interval(of_set: SetResults, metric: str) -> str:
    """The 95 % interval of the mean over seeds."""
    scores = of_set.scores
    low, high = scores.loc[(scores["metric"] == metric) & (scores["seed"] == MEAN), ["low", "high"]].iloc[0]
    return f"{score(low)} to {score(high)}"


def typos(results: Results) -> Iterator[Block]:
    """F1 where a share of the words is misspelt."""
    header = ["Set", "Typos in", "Words", "Token F1", "Entity F1", "95 % interval"]
    rows = [row for name, of_set in results.sets.items() for row in _typo_rows(name, of_set)]
    yield Table(header, rows)
    yield (
        "Of the words of two letters or more, a share has one typo each: a neighbouring key, two letters swapped, one "
        "left out or one doubled. It is made before lower-casing and lemmatisation, and kept at every higher share."
    )
    for name in results.sets:
        yield picture_of(name, "typos")


def _typo_rows(name: str, of_set: SetResults) -> Iterator[list[str]]:
    for row in of_set.typos.to_dict("records"):
        interval = f"{score(row['entity_f1_low'])} to {score(row['entity_f1_high'])}"
        words = f"{integer(row['misspelt'])} of {integer(row['words'])}"
        f1 = [score(row["token_f1"]), score(row["entity_f1"]), interval]
        yield [paper.set_name(name), percent(row["rate"]), words, *f1]


def language_model(results: Results) -> Iterator[Block]:
    """How good it is, how large, and what it cost."""
    yield Table(["", results.arch], [row for row in _lm_rows(results) if row[1] != NONE])
    if "perplexity" in results.lm:
        yield (
            "Perplexity of held-out articles: each token predicted from both sides by full softmax; comparable between "
            "architectures on the same text and vocabulary. Parameters: recurrent layers and projection."
        )
    elif results.lm["parameters_m"]:
        yield "A published ELMo, imported whole: nothing is pretrained here, and there is no perplexity."
    else:
        yield f"The bare {results.encoder} has no recurrent layers: nothing is pretrained, and there is no perplexity."
    yield (
        "The paper says 19 % of the size and 35 % of the run time for the char-CNN of its SRU model. Here the "
        f"{results.encoder} is frozen and every type's vector computed once: the training of the language model spends "
        "no time in it."
    )


def _lm_rows(results: Results) -> list[list[str]]:
    lm = results.lm
    size = lm["parameters_m"] + results.charcnn_parameters_m
    return [
        ["Validation perplexity", decimal(lm.get("perplexity"), 1)],
        ["Parameters, M", decimal(lm["parameters_m"], 2)],
        [f"Parameters of the {results.encoder}, M", decimal(results.charcnn_parameters_m, 2)],
        [f"The {results.encoder}'s share of both", percent(results.charcnn_parameters_m / size)],
        ["Tokens read", integer(lm.get("tokens"))],
        ["Tokens a second", integer(lm.get("tokens_per_second"))],
        ["Minutes", minutes(lm.get("minutes"))],
        ["Padding", percent(lm.get("padding_share"))],
        ["Peak memory, MB", integer(lm.get("peak_memory_mb"))],
        *([part.capitalize(), lm[MACHINE].get(part, NONE)] for part in ("hardware", "software")),
        ["Seed", str(lm.get("seed", NONE))],
    ]


def beside_paper(results: Results) -> Iterator[Block]:
    """The paper's row of Table 2; nothing for an architecture that it lacks."""
    model = paper.MODELS.get(results.arch)
    if model is None:
        return
    header = ["", "Parameters, M", *(f"F1 {paper.set_name(name)}" for name in results.sets)]
    their_f1 = [score(model.f1.get(name)) for name in results.sets]
    our_f1 = [score(of_set.metrics["token_f1"]) for of_set in results.sets.values()]
    theirs = [f"Paper: {model.name}, {model.layers} layers", decimal(model.parameters_m, 1), *their_f1]
    ours = [f"Here: {results.arch}, scale {results.scale}", decimal(results.lm["parameters_m"], 2), *our_f1]
    yield Table(header, [theirs, ours])
    yield (
        "Both are token F1, weighted by support. The paper's is of one run's last epoch, without the tokens that are "
        "not alphanumeric, with layers 1024 wide and a stated 294 M tokens of text. Other corpora, splits and sizes, "
        "as the tables here have them, make other numbers: a difference between the rows says nothing by itself."
    )


def ner_sets(results: Results) -> Iterator[Block]:
    """What the sets hold, and what was repaired and dropped."""
    counts = {name: of_set.counts for name, of_set in results.sets.items()}
    yield from describe_splits(counts)
    yield from describe_dropped(counts, results.protocol["tokens"])


def text(results: Results) -> Iterator[Block]:
    """What the stages read, dropped and wrote."""
    *stages, vocabulary = TEXT_STAGES
    flows = [[stage, *_flow(flow)] for stage in stages for flow in read_flows(results.counts[stage])]
    yield Table(["Stage", "Unit", "Read", "Dropped", "Written"], flows, left=2)
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
    return f"{integer(total)} ({percent(total / max(flow.read, 1))}): {', '.join(reasons)}"


def _vocabulary(counts: Json) -> Iterator[Block]:
    units = ["documents", "fragments", "tokens"]
    rows = [[split, *(integer(counts[f"{unit}_{split}"]) for unit in units)] for split in ("train", "validation")]
    yield Table(["Language model", *(unit.capitalize() for unit in units)], rows)
    yield (
        f"Of {integer(counts['types'])} types the language model predicts {integer(counts['types_predicted'])} by "
        f"name: {percent(counts['coverage'])} of the training tokens, {percent(counts['coverage_validation'])} of the "
        "validation tokens. The others are predicted as `<UNK>`, and read with vectors of their own."
    )
