"""metrics/data.md and data.html: what a corpus is like, for people."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from pipeline.files.vocabulary import Entry
from pipeline.report.corpus.growth import Growth, Usage
from pipeline.report.corpus.lengths import CorpusLengths, Lengths
from pipeline.report.corpus.trace import Traced
from pipeline.report.counts import MARKUP, UNITS, Flow, read_flows
from pipeline.report.pages.blocks import Block, Fact, Heading, Picture, Section, Table, Text
from pipeline.report.pages.render import PAGE, inline_svgs, render_page
from pipeline.report.tables import NONE, decimal, escape, format_blocks, integer, markdown, markdown_page, percent
from pipeline.text.dump.templates.lost import Lost

DEMO = "demo"
DEMO_WARNING = "The text of scale demo is generated from templates: it says nothing about Russian."
QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95, 0.99]
LEADING = [100, 1000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000]
"""Sizes of a vocabulary whose coverage is given."""
TEMPLATES = 30
"""Templates that the page lists."""
CHANGES = {
    "characters_replaced": "characters that are no text, to U+FFFD",
    "words_composed": "words not in NFC, put into it",
    "words_stressed": "words lemmatised without their stress mark",
    "document_cuts": "long documents cut between paragraphs",
    "paragraph_cuts": "long paragraphs cut",
    "word_cuts": "of these cuts, inside a word",
}
"""Keys of counts.json, and what was done so often."""


class Sample(NamedTuple):
    """A fragment to look at, and the name of its place."""

    name: str
    traced: Traced


class Corpus(NamedTuple):
    """All that the page shows."""

    scale: str
    seed: int
    counts: Mapping[str, Mapping[str, int]]
    """By stage, as its counts.json has them."""
    templates: Sequence[Lost]
    """That were dropped inside sentences, the most frequent first."""
    lengths: CorpusLengths
    growth: Growth
    usage: Usage
    frequent: Sequence[Entry]
    sample: Sequence[Sample]

    @property
    def title(self) -> str:
        return f"News text, scale {self.scale}"

    @property
    def warning(self) -> str:
        return DEMO_WARNING if self.scale == DEMO else ""


def render_html(corpus: Corpus, pictures: Mapping[str, str]) -> str:
    """The page as one file; `pictures` are SVG documents by name."""
    return render_page(
        PAGE,
        title=corpus.title,
        warning=corpus.warning,
        lead=[],
        facts=[*_facts(corpus)],
        sections=[*_sections(corpus)],
        pictures=inline_svgs(pictures),
    )


def render_markdown(corpus: Corpus, pictures: str) -> str:
    """The page; its pictures are looked for under `pictures`, a prefix of their paths."""
    parts = [f"# {corpus.title}", *([f"> **{corpus.warning}**"] if corpus.warning else [])]
    parts.append(markdown(["", "Number", ""], [[f.title, f.value, f.note] for f in _facts(corpus)]))
    for section in _sections(corpus):
        parts += [f"## {section.title}", *(_format(block, pictures) for block in section.blocks)]
    return markdown_page(parts)


def _facts(corpus: Corpus) -> Iterator[Fact]:
    lengths, usage = corpus.lengths, corpus.usage
    for name in ("documents", "sentences"):
        found: Lengths = getattr(lengths, name)
        yield Fact(name.capitalize(), integer(found.number), f"{decimal(found.mean, 1)} words each")
    train, validation = (int(side.sum()) for side in (usage.train, usage.validation))
    held_out = f"{percent(validation / (train + validation))} of them held out for perplexity"
    yield Fact("Tokens", integer(train + validation), held_out)
    yield Fact("Types", integer(len(usage.train)), f"{integer(usage.predicted)} predicted by name")
    documents = corpus.counts["documents"]
    mixed, words = documents["words_of_mixed_script"], documents["words"]
    share = f"{percent(mixed / max(words, 1))} of the words of documents have Latin beside Cyrillic letters"
    yield Fact("Words of mixed script", integer(mixed), share)


def _sections(corpus: Corpus) -> Iterator[Section]:
    yield Section("What was dropped or changed, and why", [*_dropped(corpus.counts), *_templates(corpus.templates)])
    yield Section("Lengths", [*_lengths(corpus.lengths)])
    yield Section("Vocabulary", [*_vocabulary(corpus.growth, corpus.usage)])
    yield Section("Most frequent lemmas", [*_frequent(corpus.frequent, corpus.usage)])
    yield Section("Fragments at every stage", [*_sample(corpus)])


def _dropped(counts: Mapping[str, Mapping[str, int]]) -> Iterator[Block]:
    flows = {stage: [*read_flows(found)] for stage, found in counts.items()}
    yield Heading("What each stage wrote")
    rows = [[stage, *_written(found)] for stage, found in flows.items()]
    yield Table(["Stage", *(unit.capitalize() for unit in UNITS)], rows)
    yield Heading("What it left out")
    lost = [row for stage, found in flows.items() for flow in found for row in _reasons(stage, flow)]
    if lost:
        yield Table(["Stage", "What", "Why, or which", "Dropped", "Of those read"], lost, left=3)
    else:
        yield "Nothing."
    yield Heading("What it changed, or cut")
    changed = [row for stage, found in counts.items() for row in _changes(stage, found)]
    if changed:
        yield Table(["Stage", "What", "Times"], changed, left=2)
    else:
        yield "Nothing."
    yield (
        f"A stage that does not count a unit has {NONE}. Words stand between spaces; tokens are UDPipe's, which takes "
        f"punctuation apart. Of {MARKUP}, which shows no text or is no prose, pieces are counted, each with all that "
        "is within it."
    )


def _templates(templates: Sequence[Lost]) -> Iterator[Block]:
    """Those that leave a hole in their sentence, for a user to see what the table lacks."""
    yield Heading("Templates dropped inside sentences")
    if not templates:
        yield "None."
        return
    rows = [[lost.name, lost.example, integer(lost.times), integer(lost.words)] for lost in templates[:TEMPLATES]]
    yield Table(["Template", "The first", "Times", "Words"], rows, left=2)
    yield (
        "Words are those of the source, mark-up included. To have one shown, add its name, and what a reader sees in "
        "its place, to `pipeline/text/dump/templates/table.yaml`."
    )


def _written(flows: Sequence[Flow]) -> list[str]:
    written = {flow.unit: flow.written for flow in flows}
    return [integer(written.get(unit)) for unit in UNITS]


def _reasons(stage: str, flow: Flow) -> Iterator[list[str]]:
    for reason, number in sorted(flow.dropped.items(), key=lambda item: (-item[1], item[0])):
        share = percent(number / flow.read) if flow.read and flow.unit != MARKUP else NONE
        yield [stage, flow.unit, reason, integer(number), share]


def _changes(stage: str, counts: Mapping[str, int]) -> Iterator[list[str]]:
    for key, what in CHANGES.items():
        if counts.get(key):
            yield [stage, what, integer(counts[key])]


def _lengths(lengths: CorpusLengths) -> Iterator[Block]:
    header = ["Words", "Number", "Mean", *(f"{100 * share:.0f}\u00a0%" for share in QUANTILES), "Longest"]
    yield Table(header, [[name.capitalize(), *_length(getattr(lengths, name))] for name in lengths._fields])
    yield "Under a percentage: the length that so many of them do not exceed. A document is as long as its sentences."
    yield Picture("lengths", "Documents, sentences and fragments by their length in words")


def _length(lengths: Lengths) -> list[str]:
    quantiles = [integer(lengths.quantile(share)) for share in QUANTILES]
    return [integer(lengths.number), decimal(lengths.mean, 1), *quantiles, integer(lengths.longest)]


def _vocabulary(growth: Growth, usage: Usage) -> Iterator[Block]:
    yield Picture("growth", "Types over tokens of the training text")
    once = int((usage.train == 1).sum())
    new = int(((usage.train == 0) & (usage.validation > 0)).sum())
    yield (
        f"After {integer(growth.tokens[-1])} training tokens: {integer(growth.types[-1])} types, "
        f"{percent(once / growth.types[-1])} of them seen once. In the last tenth of the text "
        f"{decimal(_new_in_last_tenth(growth), 1)} of 1,000 tokens were of a type not seen before. Of the types of "
        f"validation {percent(new / int((usage.validation > 0).sum()))} are not in train."
    )
    yield Picture("coverage", "Share of the tokens by how many of the most frequent types")
    yield Table(["Most frequent types", "Train", "Validation"], [*_coverage(usage)])
    yield (
        "Types are ranked by how often train has them. The language model predicts the last row's by name and all "
        "others as `<UNK>`, which it reads with vectors of their own."
    )


def _new_in_last_tenth(growth: Growth) -> float:
    """New types in 1,000 tokens."""
    start = int(np.searchsorted(growth.tokens, 0.9 * growth.tokens[-1], side="right")) - 1
    tokens, types = (int(curve[-1] - curve[start]) for curve in (growth.tokens, growth.types))
    return 1000 * types / tokens


def _coverage(usage: Usage) -> Iterator[list[str]]:
    train, validation = usage.coverage("train"), usage.coverage("validation")
    for size in [*(size for size in LEADING if size < usage.predicted), usage.predicted]:
        yield [integer(size), percent(float(train[size - 1])), percent(float(validation[size - 1]))]


def _frequent(entries: Sequence[Entry], usage: Usage) -> Iterator[Block]:
    total, together = int(usage.train.sum()), 0
    rows = []
    for rank, entry in enumerate(entries, start=1):
        together += entry.frequency
        shares = percent(entry.frequency / total), percent(together / total)
        rows.append([str(rank), entry.lemma, integer(entry.frequency), *shares])
    yield Table(["", "Lemma", "Times", "Share", "With all above"], rows, left=2)
    yield "In the training text, punctuation included."


def _sample(corpus: Corpus) -> Iterator[Block]:
    yield (
        f"{len(corpus.sample)} fragments, drawn at random (`seed: {corpus.seed}`). Documents: the paragraphs that they "
        "come from, whole; vocabulary: what the language model predicts by name. `python -m pipeline show ID` prints a "
        "whole article; the ID is what stands first here: the page id of the first MediaWiki export, of further ones "
        "behind the file, or of plain text the file and the number of the document in it."
    )
    for sample in corpus.sample:
        yield Heading(sample.name)
        yield Text(sample.traced)


def _format(block: Block, pictures: str) -> str:
    """A block as Markdown. Text of the corpus stands in code, where nothing needs escaping, or is escaped."""
    match block:
        case Text():
            return _fence("\n".join(f"{stage:<10}  {line}" for stage, lines in block.text for line in lines))
    return format_blocks([escape(block)], pictures)


def _fence(text: str) -> str:
    """A code block, which ends only at as many backticks as it begins with."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"
