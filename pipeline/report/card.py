"""The model card of an exported tagger (Mitchell et al. 2019): what it is of, how good it is, what binds its user."""

from pathlib import Path
from typing import Any, NamedTuple, NotRequired, cast

from typing_extensions import TypedDict

from pipeline.files.csv import Rows
from pipeline.ner.data.corpus import SPLITS
from pipeline.ner.data.dataset import DataSet
from pipeline.ner.exported import Exported
from pipeline.report import licences
from pipeline.report.pages.blocks import Table, code
from pipeline.report.pages.render import render_markdown
from pipeline.report.paper import SETS, set_name
from pipeline.report.tables import decimal, integer, interval, score

Json = dict[str, Any]

METRICS = {"token_f1": "Token F1", "entity_f1": "Entity F1", "entity_f1_macro": "Entity F1, macro"}


class Origin(TypedDict):
    """Where a file came from, of what fetch has written down."""

    source: str
    sha256: str


class SplitOrigins(TypedDict):
    """By split; validation may be held out of train."""

    train: Origin
    validation: NotRequired[Origin]
    test: Origin


class SetOrigins(TypedDict):
    """sources.json of an NER set."""

    files: SplitOrigins


class NewsOrigins(TypedDict):
    """sources.json of the news text."""

    files: list[Origin]


class Facts(NamedTuple):
    """All that the card tells, as the stages have left it."""

    exported: Exported
    lm: Json
    """config.json of the language model."""
    encoder: str
    """What turns letters into vectors, as people call it."""
    counts: Json
    """Of the splits."""
    dataset: DataSet
    sources: SplitOrigins
    """Of the NER set, by split."""
    news: list[Origin]
    epoch: str
    """The protocol's."""
    scores: Rows
    """Rows of `<set>.scores.csv` of this seed."""
    types: Rows
    """Rows of `<set>.types.csv`."""
    seeds: int
    calibration: Json


def render_card(facts: Facts) -> str:
    """The README.md of the folder."""
    exported, source = facts.exported, facts.sources["train"]["source"]
    sources = [
        *((f"{exported.set}, {split}", x) for split, x in cast("dict[str, Origin]", facts.sources).items()),
        *(("text of the language model", x) for x in facts.news),
        ("UDPipe model", Origin(source=exported.udpipe.source, sha256=exported.udpipe.sha256)),
    ]
    columns = ("sentences", "tokens", "entities")
    return render_markdown(
        Path(__file__).with_name("card.md"),
        facts=facts,
        exported=exported,
        name=code(facts.lm["name"]),
        cell=code(facts.lm["arch"]["cell"]),
        russian=exported.set in SETS,
        set=set_name(exported.set),
        demo=source.startswith(licences.DEMO),
        scores=Table(
            ["", "Score", "95 % interval"],
            [[METRICS[x["metric"]], score(x["value"]), interval(x)] for x in facts.scores if x["metric"] in METRICS],
        ),
        types=Table(
            ["Type", "Gold entities", "Precision", "Recall", "F1"],
            [
                [row["type"], integer(row["support"]), *(score(row[x]) for x in ("precision", "recall", "f1"))]
                for row in facts.types
            ],
        ),
        calibration=Table(
            ["Split", "Predicted entities", "Right", "Mean confidence before", "after", "ECE before", "after"],
            [_describe_split(split, facts.calibration[split]) for split in ("validation", "test")],
        ),
        splits=Table(
            ["Split", *map(str.capitalize, columns)],
            [[split, *(integer(facts.counts[split][key]) for key in columns)] for split in SPLITS],
        ),
        sources=Table(
            ["What", "Source", "sha256"], [[what, code(x["source"]), code(x["sha256"])] for what, x in sources], left=3
        ),
        licence=licences.of_set(facts.dataset.format, source),
        udpipe_licence=licences.of_udpipe(exported.udpipe.source),
        news_licences=dict.fromkeys(licences.of_news(x["source"]) for x in facts.news),
    )


def _describe_split(split: str, calibration: Json) -> list[str]:
    before, after = calibration["before"], calibration["after"]
    both = [decimal(x[key], 3) for key in ("confidence", "ece") for x in (before, after)]
    return [split, integer(after["entities"]), score(after["right"]), *both]
