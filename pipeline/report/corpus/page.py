"""metrics/data.md and data.html show people what a corpus is like. Their words are in page.md."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from pipeline.files.vocabulary import Entry
from pipeline.report.corpus.measure import Growth, Lengths, Usage
from pipeline.report.counts import MARKUP, UNITS, read_flows
from pipeline.report.pages.render import render_markdown
from pipeline.report.tables import NONE, decimal, integer, percent
from pipeline.text.dump.templates.lost import Lost

QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95, 0.99]
LEADING = [100, 1000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000]
"""The sizes of a vocabulary whose coverage is given."""
TEMPLATES = 30
"""The most templates that the page lists."""
CHANGES = {
    "characters_replaced": "characters that are no text, to U+FFFD",
    "words_composed": "words not in NFC, put into it",
    "words_stressed": "words lemmatised without their stress mark",
    "document_cuts": "long documents cut between paragraphs",
    "paragraph_cuts": "long paragraphs cut",
    "word_cuts": "of these cuts, inside a word",
    "sentences_in_tests": "sentences of test sets that stay (leave_out_tests: false)",
}
"""What was changed, by its key in counts.json."""

Counts = Mapping[str, Mapping[str, int]]
"""The counts.json of each stage, by its name."""


def render(
    scale: str,
    counts: Counts,
    templates: Sequence[Lost],
    lengths: Mapping[str, Lengths],
    growth: Growth,
    usage: Usage,
    frequent: Sequence[Entry],
    articles: Sequence[tuple[str, str]],
) -> str:
    """Return the page as Markdown; its pictures are in the folder `data` next to it.

    `templates` (dropped inside sentences) and `frequent` (lemmas) begin with the most frequent; `articles` has the id
    and title of each article to look at.
    """
    return render_markdown(
        Path(__file__).with_name("page.md"),
        scale=scale,
        counts=counts,
        totals=lengths,
        growth=growth,
        usage=usage,
        train=usage.train.sum(),
        validation=usage.validation.sum(),
        units=[unit.capitalize() for unit in UNITS],
        written=[*_list_written(counts)],
        lost=[*_list_lost(counts)],
        changed=[*_list_changes(counts)],
        templates=[[x.name, x.example, integer(x.times), integer(x.words)] for x in templates[:TEMPLATES]],
        percentages=[f"{100 * share:.0f}\u00a0%" for share in QUANTILES],
        lengths=[[unit.capitalize(), *_describe_lengths(x)] for unit, x in lengths.items()],
        once=int((usage.train == 1).sum()) / growth.types[-1],
        new_in_last_tenth=_count_new_in_last_tenth(growth),
        unseen=((usage.train == 0) & (usage.validation > 0)).sum() / (usage.validation > 0).sum(),
        coverage=[*_list_coverage(usage)],
        frequent=[*_list_frequent(frequent, int(usage.train.sum()))],
        articles=articles,
    )


def _list_written(counts: Counts) -> Iterator[list[str]]:
    for stage, of_stage in counts.items():
        written = {flow.unit: flow.written for flow in read_flows(of_stage)}
        yield [stage, *(integer(written.get(unit)) for unit in UNITS)]


def _list_lost(counts: Counts) -> Iterator[list[str]]:
    """Yield what was dropped, the largest numbers first."""
    flows = [(stage, flow) for stage in counts for flow in read_flows(counts[stage])]
    lost = [(number, reason, flow, stage) for stage, flow in flows for reason, number in flow.dropped.items()]
    for number, reason, flow, stage in sorted(lost, key=lambda dropped: -dropped[0]):
        share = percent(number / flow.read) if flow.read and flow.unit != MARKUP else NONE
        yield [reason, flow.unit, integer(number), share, stage]


def _list_changes(counts: Counts) -> Iterator[list[str]]:
    for stage, of_stage in counts.items():
        yield from ([change, integer(of_stage[key]), stage] for key, change in CHANGES.items() if of_stage.get(key))


def _describe_lengths(lengths: Lengths) -> list[str]:
    quantiles = [integer(lengths.quantile(share)) for share in QUANTILES]
    return [integer(lengths.number), decimal(lengths.mean, 1), *quantiles, integer(lengths.words[-1])]


def _count_new_in_last_tenth(growth: Growth) -> float:
    """Return the number of new types in 1,000 tokens."""
    start = int(np.searchsorted(growth.tokens, 0.9 * growth.tokens[-1], side="right")) - 1
    tokens, types = (int(curve[-1] - curve[start]) for curve in (growth.tokens, growth.types))
    return 1000 * types / tokens


def _list_coverage(usage: Usage) -> Iterator[list[str]]:
    train, validation = usage.coverage("train"), usage.coverage("validation")
    for size in [*(size for size in LEADING if size < usage.predicted), usage.predicted]:
        yield [integer(size), percent(float(train[size - 1])), percent(float(validation[size - 1]))]


def _list_frequent(entries: Sequence[Entry], total: int) -> Iterator[list[str]]:
    together = 0
    for entry in entries:
        together += entry.frequency
        shares = percent(entry.frequency / total), percent(together / total)
        yield [entry.lemma, integer(entry.frequency), *shares]
