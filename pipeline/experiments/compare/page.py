"""A comparison for people: in the terminal, as a Markdown page, and as one HTML file that needs nothing else."""

from typing import Any, NamedTuple

from pipeline.experiments.compare.pair import Pair
from pipeline.experiments.compare.table import HEADER, Row
from pipeline.experiments.revision import Difference, Revision
from pipeline.ner.scoring.tested import describe_seeds
from pipeline.report.pages import render as pages
from pipeline.report.pages.blocks import LEGEND, Block, Example, Heading, Table, code, format_blocks
from pipeline.report.paper import set_name
from pipeline.report.tables import NONE, integer, markdown_page, plain


class SetComparison(NamedTuple):
    """What is said of one data set."""

    title: str
    about: str
    rows: list[Row]
    examples: list[Example]

    @property
    def heading(self) -> str:
        if not self.examples:
            return "A and B missed or made up as many entities in every sentence"
        return f"Where the entities missed or made up differ most: {integer(len(self.examples))} sentences"


class Comparison(NamedTuple):
    """All of it."""

    a: Revision
    b: Revision
    settings: list[Difference]
    sets: list[SetComparison]
    resamples: int

    @property
    def notes(self) -> list[str]:
        """How the table is to be read."""
        return [
            "Scores are means over the taggers of all seeds, ± the standard deviation between them where they are "
            "several. By type: entity F1. Differences are B minus A.",
            f"The interval is a paired bootstrap over test sentences ({integer(self.resamples)} resamples, the same "
            f"sentences for A and B). p is of approximate randomisation ({integer(self.resamples)} random swaps of A's "
            "and B's tags of a sentence, all seeds at once, the k-th of A with the k-th of B; Noreen 1989, Yeh 2000), "
            f"two-sided; {NONE} where A and B differ in their numbers of seeds.",
            "Both are about these taggers on other sentences of this kind. What other seeds would do is in the "
            "deviation alone, and not known from one seed. The p of several rows are not corrected for being several.",
        ]


def describe_set(pair: Pair, rows: list[Row], examples: list[Example]) -> SetComparison:
    """The words around the tables of a data set."""
    seeds = f"A: {describe_seeds(pair.a.seeds)}; B: {describe_seeds(pair.b.seeds)}"
    about = f"{integer(len(pair.split.sentences))} test sentences, {integer(len(pair.split.gold))} tokens. {seeds}."
    return SetComparison(set_name(pair.name), about, rows, examples)


def render_terminal(comparison: Comparison) -> str:
    """The tables."""
    parts = [f"A: {comparison.a.title}\nB: {comparison.b.title}"]
    for of_set in comparison.sets:
        parts.append(f"{of_set.title}: {of_set.about}\n{plain(HEADER, [row.cells() for row in of_set.rows])}")
    settings = plain(["setting", "A", "B"], _settings(comparison)) if comparison.settings else "no setting differs"
    return "\n\n".join([*parts, settings])


def render_html(comparison: Comparison) -> str:
    """The page as one file; all text in it is escaped."""
    return pages.render_html(render_markdown(comparison), {})


def render_markdown(comparison: Comparison) -> str:
    """The page."""
    rows = _settings(comparison)
    settings = Table(["Setting", "A", "B"], [[*map(code, row)] for row in rows], left=3) if rows else "None."
    parts = ["# Is the difference real?", f"A: {code(comparison.a.title)}, B: {code(comparison.b.title)}"]
    parts += ["## Settings that differ", format_blocks([settings])]
    for index, of_set in enumerate(comparison.sets):
        table = Table(HEADER, [row.cells() for row in of_set.rows])
        notes = comparison.notes if index == 0 else []
        legend = [LEGEND] if of_set.examples else []
        blocks: list[Block] = [of_set.about, table, *notes, Heading(of_set.heading), *legend, *of_set.examples]
        parts += [f"## {of_set.title}", format_blocks(blocks)]
    return markdown_page(parts)


def _settings(comparison: Comparison) -> list[list[str]]:
    return [[setting.key, _value(setting.a), _value(setting.b)] for setting in comparison.settings]


def _value(value: Any) -> str:
    return NONE if value is None else str(value)
