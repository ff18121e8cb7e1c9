"""The model card of an exported tagger (Mitchell et al. 2019): what it is of, how good it is, what binds its user."""

from typing import Any, NamedTuple, NotRequired, cast

from typing_extensions import TypedDict

from pipeline.files.csv import Rows
from pipeline.ner.data.corpus import SPLITS
from pipeline.ner.data.dataset import DataSet
from pipeline.ner.exported import Exported
from pipeline.report import licences
from pipeline.report.paper import SETS, set_name
from pipeline.report.tables import decimal, integer, markdown, markdown_page, score

Json = dict[str, Any]

_METRICS = {"token_f1": "Token F1", "entity_f1": "Entity F1", "entity_f1_macro": "Entity F1, macro"}
_FRONT = ["license: other", "pipeline_tag: token-classification"]
_RUSSIAN = "language: ru"
"""Of the paper's sets; what language another one is in, nobody has told."""
_DEMO = "Trained on generated text: it shows that the pipeline works, and is of no use on real text."
_USE = """```python
from pipeline.predict import load

tag = load("path/of/this/folder")
tag("Иван уехал в Москву.")
```

```sh
echo "Иван уехал в Москву." | python -m pipeline predict --model path/of/this/folder
```

It needs the repository's code and its Python packages (`requirements.lock`), and nothing else of it: no DVC, no git, no
training data. Nothing in the folder is a pickle."""
_LIMITS = [
    "Sentences are razdel's, a line is a paragraph, and the tokens in which entities begin and end are razdel's too. "
    "A sentence of more than 200 tokens is read in parts.",
    "The scores are of the test split's own tokens and of text of its kind. On other text they are others.",
    "A confidence is the probability that an entity with these borders and this type is there, calibrated on the "
    "validation split; of text of another kind it may say too much.",
    "Names of persons are personal data in many places, whoever finds them.",
]


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
    exported = facts.exported
    demo = _source(facts).startswith(licences.DEMO)
    warning = [f"> {_DEMO}"] if demo else []
    parts = [
        "\n".join(["---", *([_RUSSIAN] if exported.set in SETS else []), *_FRONT, "---"]),
        f"# Named entities: {set_name(exported.set)}, {facts.lm['name']}",
        *warning,
        "## Use",
        _USE,
        "## What it is",
        _describe(facts),
        "## Scores",
        *_scores(facts),
        "## Confidence",
        *_calibration(facts.calibration),
        "## Data",
        *_data(facts),
        "## Limits",
        "\n".join(f"- {limit}" for limit in _LIMITS),
        "## Licences",
        *_licences(facts),
    ]
    return markdown_page(parts)


def _describe(facts: Facts) -> str:
    exported, arch = facts.exported, facts.lm["arch"]
    words = "UDPipe's lemmas" if exported.lemmas else "the words as they are"
    case = "in lower case" if exported.lowercase else "with their capitals"
    epoch = {"best": "the best by validation entity F1", "last": "the last"}[facts.epoch]
    layers = (
        f"{arch['layers']} layers of {facts.lm['lm']['hidden']} units" if arch["layers"] else "no layers of its own"
    )
    return (
        f"A frozen bidirectional language model on a {facts.encoder} (architecture `{facts.lm['name']}`, cell "
        f"`{arch['cell']}`, {layers}), and above it a BiLSTM-CRF. Protocol: it reads {words}, {case}; tokens kept: "
        f"{exported.tokens}; epoch kept: {epoch}. Seed {exported.seed}, of {facts.seeds} the best on validation."
    )


def _scores(facts: Facts) -> list[str]:
    rows = [
        [
            _METRICS[row["metric"]],
            score(row["value"]),
            f"{score(row['low'])} to {score(row['high'])}",
        ]
        for row in facts.scores
        if row["metric"] in _METRICS
    ]
    types = [
        [row["type"], integer(row["support"]), *(score(row[x]) for x in ("precision", "recall", "f1"))]
        for row in facts.types
    ]
    of_types = "Entities by type" + (f", means over the taggers of {facts.seeds} seeds" if facts.seeds > 1 else "")
    return [
        "On the test split, of this tagger, with 95 % bootstrap intervals over sentences. Token F1 is of the B- and I- "
        "labels, weighted by support, without O; entity F1 counts exact spans with their type.",
        markdown(["", "Score", "95 % interval"], rows),
        f"{of_types}:",
        markdown(["Type", "Gold entities", "Precision", "Recall", "F1"], types),
    ]


def _calibration(calibration: Json) -> list[str]:
    rows = []
    for split in ("validation", "test"):
        before, after = (calibration[split][when] for when in ("before", "after"))
        cells = [score(after["right"]), *(decimal(x["confidence"], 3) for x in (before, after))]
        rows.append([split, integer(after["entities"]), *cells, *(decimal(x["ece"], 3) for x in (before, after))])
    header = ["Split", "Predicted entities", "Right", "Mean confidence before", "after", "ECE before", "after"]
    return [
        "The exact probability, under the CRF, of all label sequences that have the entity, its scores divided by the "
        f"temperature {calibration['temperature']:.3f}, which was fitted on the validation split. ECE is the expected "
        "calibration error in ten bins (Guo et al. 2017).",
        markdown(header, rows),
    ]


def _data(facts: Facts) -> list[str]:
    columns, sources = ("sentences", "tokens", "entities"), cast("dict[str, Origin]", facts.sources)
    rows = [[split, *(integer(facts.counts[split][key]) for key in columns)] for split in SPLITS]
    files = [
        *([f"{facts.exported.set}, {split}", x["source"], x["sha256"]] for split, x in sources.items()),
        *(["text of the language model", x["source"], x["sha256"]] for x in facts.news),
        ["UDPipe model", facts.exported.udpipe.source, facts.exported.udpipe.sha256],
    ]
    return [
        markdown(["Split", "Sentences", "Tokens", "Entities"], rows),
        markdown(["What", "Source", "sha256"], [[what, f"`{x}`", f"`{y}`"] for what, x, y in files], left=3),
    ]


def _licences(facts: Facts) -> list[str]:
    news = dict.fromkeys(licences.of_news(x["source"]) for x in facts.news)
    lines = [
        f"- {set_name(facts.exported.set)}: {licences.of_set(facts.dataset.format, _source(facts))}.",
        f"- The UDPipe model: {licences.of_udpipe(facts.exported.udpipe.source)}.",
        *(f"- The text of the language model: {note}." for note in news),
    ]
    return ["Those of all that it was made from; this repository's code is under MIT.", "\n".join(lines)]


def _source(facts: Facts) -> str:
    return str(facts.sources["train"]["source"])
