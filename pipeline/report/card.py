"""The model card of an exported tagger (Mitchell et al. 2019): its origin, its quality, and the terms of its use."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from typing_extensions import TypedDict

from pipeline.files.csv import Rows
from pipeline.ner.data.corpus import SPLITS
from pipeline.ner.data.dataset import DataSet
from pipeline.ner.exported import Exported
from pipeline.report.data import Json
from pipeline.report.licences import DEMO, describe_licence
from pipeline.report.pages.blocks import code
from pipeline.report.pages.render import render_markdown
from pipeline.report.paper import SETS
from pipeline.report.tables import TITLES, decimal, integer, interval, score


class Origin(TypedDict):
    """Where a file came from, as stage fetch wrote it down."""

    source: str
    sha256: str


class Facts(NamedTuple):
    """Everything that the card tells, as the stages left it."""

    exported: Exported
    lm: Json
    """config.json of the language model."""
    encoder: str
    """The name, for people, of what turns letters into vectors."""
    counts: Json
    """Counts by split."""
    dataset: DataSet
    sources: dict[str, Origin]
    """Where the files of the set came from, by their names in `DataSet.parts`."""
    news: list[Origin]
    vectors: Origin | None
    """Where the vectors of words came from that have taught the encoder, if any have."""
    surface: bool
    """Whether the tagger reads tokens as given, besides what the protocol makes of them."""
    epoch: str
    """Which epoch the protocol keeps: best or last."""
    scores: Rows
    """Test scores of this seed alone."""
    typos: Rows
    """Its test scores where shares of the words have a typo."""
    types: Rows
    seeds: int
    calibration: Json
    unfit: str = ""
    """Why the tagger runs on torch only, if it does."""


def render_card(facts: Facts) -> str:
    """The README.md of the folder."""
    exported = facts.exported
    train = {name: part for name, part in facts.dataset.parts.items() if name.startswith("train")}
    licences = (describe_licence(part.format, facts.sources[name]["source"]) for name, part in train.items())
    sources = [
        *((f"{exported.set}, {name}", x) for name, x in facts.sources.items()),
        *(("text of the language model", x) for x in facts.news),
        *([("vectors of words", facts.vectors)] if facts.vectors else []),
        ("UDPipe model", Origin(source=exported.udpipe.source, sha256=exported.udpipe.sha256)),
    ]
    measures, columns = ("precision", "recall", "f1"), ("sentences", "tokens", "entities")
    return render_markdown(
        Path(__file__).with_name("card.md"),
        facts=facts,
        exported=exported,
        russian=exported.set in SETS,
        demo=all(facts.sources[name]["source"].startswith(DEMO) for name in train),
        scores=[*_describe_scores(facts)],
        types=[[row["type"], integer(row["support"]), *(score(row[x]) for x in measures)] for row in facts.types],
        calibration=[_describe_split(split, facts.calibration[split]) for split in ("validation", "test")],
        thresholds=[*_describe_thresholds(facts.calibration)],
        splits=[[split, *(integer(facts.counts[split][x]) for x in columns)] for split in SPLITS],
        sources=[[use, code(x["source"]), code(x["sha256"])] for use, x in sources],
        licences=dict.fromkeys(licences),
        vectors_licence=describe_licence("vectors", facts.vectors["source"]) if facts.vectors else "",
        udpipe_licence=describe_licence("udpipe", exported.udpipe.source),
        news_licences=dict.fromkeys(describe_licence("text", x["source"]) for x in facts.news),
    )


def _describe_scores(facts: Facts) -> Iterator[list[str]]:
    for row in facts.scores:
        if row["metric"] in TITLES:
            yield [TITLES[row["metric"]], score(row["value"]), interval(row)]
    for row in facts.typos:
        low, high = row["entity_f1_low"], row["entity_f1_high"]
        title = f"Entity F1, {100 * row['rate']:g} % typos"
        yield [title, score(row["entity_f1"]), interval({"low": low, "high": high})]


def _describe_split(split: str, calibration: Json) -> list[str]:
    before, after = calibration["before"], calibration["after"]
    both = [decimal(x[key], 3) for key in ("confidence", "ece") for x in (before, after)]
    return [split, integer(after["entities"]), score(after["right"]), *both]


def _describe_thresholds(calibration: Json) -> Iterator[list[str]]:
    splits = (calibration[split]["thresholds"] for split in ("validation", "test"))
    for rows in zip(*splits, strict=True):
        yield [decimal(rows[0]["threshold"], 1), *(score(row[x]) for row in rows for x in ("precision", "recall"))]
