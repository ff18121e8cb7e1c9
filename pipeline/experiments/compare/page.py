"""A comparison for people: in the terminal, as a Markdown page, and as one HTML file that needs nothing else."""

from pathlib import Path
from typing import Any, NamedTuple

from pipeline.experiments.compare.pair import Pair
from pipeline.experiments.compare.table import HEADER, Row
from pipeline.experiments.revision import Difference, Revision
from pipeline.ner.scoring.tested import describe_seeds
from pipeline.report.pages.blocks import Block, Example, Examples, Heading, Section, Table
from pipeline.report.pages.readings import WRONG, Reading
from pipeline.report.pages.render import render_page
from pipeline.report.paper import set_name
from pipeline.report.tables import NONE, integer, markdown, markdown_page, plain

TEMPLATE = Path(__file__).with_name("page.html")


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
    """The page; all text in it is escaped."""
    sections = [Section("Settings that differ", [_settings_table(comparison)])]
    for index, of_set in enumerate(comparison.sets):
        table = Table(HEADER, [row.cells() for row in of_set.rows])
        notes = comparison.notes if index == 0 else []
        blocks: list[Block] = [of_set.about, table, *notes, Heading(of_set.heading), Examples(of_set.examples)]
        sections.append(Section(of_set.title, blocks))
    return render_page(TEMPLATE, a=comparison.a, b=comparison.b, sections=sections, pictures={})


def _settings_table(comparison: Comparison) -> Block:
    rows = _settings(comparison)
    return Table(["Setting", "A", "B"], rows, left=3) if rows else "None."


def render_markdown(comparison: Comparison) -> str:
    """The same page; sentences stand in code blocks, where nothing needs escaping."""
    rows = [[f"`{_in_cell(cell)}`" for cell in row] for row in _settings(comparison)]
    settings = markdown(["Setting", "A", "B"], rows, left=3) if rows else "None."
    parts = ["# Is the difference real?", f"A: `{comparison.a.title}`, B: `{comparison.b.title}`"]
    parts += ["## Settings that differ", settings]
    for index, of_set in enumerate(comparison.sets):
        parts += [f"## {of_set.title}", of_set.about, markdown(HEADER, [row.cells() for row in of_set.rows])]
        parts += comparison.notes if index == 0 else []
        parts += [f"### {of_set.heading}", *map(_markdown_example, of_set.examples)]
    return markdown_page(parts)


def _settings(comparison: Comparison) -> list[list[str]]:
    return [[setting.key, _value(setting.a), _value(setting.b)] for setting in comparison.settings]


def _value(value: Any) -> str:
    return NONE if value is None else str(value)


def _in_cell(text: str) -> str:
    """A bar would end the cell of a Markdown table."""
    return text.replace("|", r"\|")


def _markdown_example(example: Example) -> str:
    lines = "\n".join(_line(reading) for reading in example.readings)
    fence = "`" * max(3, 1 + _longest_run(lines))
    return f"Sentence {example.number}; {example.about}\n\n{fence}text\n{lines}\n{fence}"


def _line(reading: Reading) -> str:
    """gold: [Нижний Новгород LOC] стоит; a wrong entity has a cross."""
    pieces = (
        f"[{piece.text} {piece.type}{' ✗' if piece.status == WRONG else ''}]" if piece.status else piece.text
        for piece in reading.pieces
    )
    who = f"{reading.system}, {reading.by}" if reading.by else reading.system
    return f"{who}: {' '.join(pieces)}"


def _longest_run(text: str) -> int:
    """Of backticks: a code block ends only at a longer one than it began with."""
    return max((len(run) for run in "".join(c if c == "`" else " " for c in text).split()), default=0)
