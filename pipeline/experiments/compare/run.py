"""The command `compare`: is the difference between the taggers of two revisions real, and where does it lie?"""

import hashlib
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline.errors import UserError
from pipeline.experiments.compare.plots import draw_differences
from pipeline.experiments.compare.scores import HEADER, Row, compare_scores, judge
from pipeline.experiments.compare.system import System, find_scored, read_system
from pipeline.experiments.revision import Revision, diff_params, open_revisions, read_choice
from pipeline.ner.scoring.tested import describe_seeds
from pipeline.report.mistakes import annotate_gold, annotate_predicted, count_wrong, describe_wrong
from pipeline.report.pages.blocks import Example, code
from pipeline.report.pages.render import DEMO, DEMO_WARNING, render_markdown, write_page
from pipeline.report.paper import order_sets, set_name
from pipeline.report.plots.style import save
from pipeline.report.tables import NONE, integer, plain

EXAMPLES, SHOWN = 50, 5
"""Sentences of each data set that the page has at most, and that it shows before it is asked for the others."""
LONGEST = 60
"""Characters of a revision in the name of a file."""


class Comparison(NamedTuple):
    """What the page shows of a data set."""

    about: str
    rows: list[Row]
    examples: list[Example]

    @property
    def cells(self) -> list[list[str]]:
        """The rows as text."""
        return [row.cells() for row in self.rows]


def run(a: str, b: str, sets: list[str], target: Path, resamples: int, seed: int) -> str:
    """Write `target/<a>..<b>.html`, `.md` and a picture; return verdicts and tables.

    Without `sets`, all that A and B both have are compared.

    `resamples` are drawn and swapped for each data set, as `seed` decides.
    """
    first, second = open_revisions(a, b)
    systems = {}
    for name in _choose(first, second, sets):
        of_a = read_system(first, name)
        systems[name] = of_a, read_system(second, name, of_a)
    settings = [
        [key, *(NONE if value is None else str(value) for value in values)]
        for key, values in diff_params(first, second).items()
    ]
    comparisons = {name: _compare(*pair, resamples, seed) for name, pair in systems.items()}
    verdicts = [judge(comparison.rows, set_name(name)) for name, comparison in comparisons.items()]
    demo = any(read_choice(revision.params).scale == DEMO for revision in (first, second))
    name = f"{file_name(a)}..{file_name(b)}"
    page = render_markdown(
        Path(__file__).with_name("page.md"),
        a=first.title,
        b=second.title,
        settings=[[*map(code, row)] for row in settings],
        header=HEADER,
        comparisons=comparisons,
        resamples=resamples,
        demo=demo,
        verdicts=verdicts,
        name=name,
        shown=SHOWN,
    )
    picture = save(target, name, draw_differences, {name: comparison.rows for name, comparison in comparisons.items()})
    write_page(target, name, page, {name: picture})
    return "\n\n".join(
        [
            "\n".join(f"{short} ({numbers})" for short, numbers in verdicts),
            *([DEMO_WARNING] if demo else []),
            f"A: {first.title}\nB: {second.title}",
            *(f"{set_name(name)}: {x.about}\n{plain(HEADER, x.cells)}" for name, x in comparisons.items()),
            plain(["setting", "A", "B"], settings) if settings else "no setting differs",
            f"page: {target / name}.html",
        ]
    )


def _compare(a: System, b: System, resamples: int, seed: int) -> Comparison:
    sentences, tokens = integer(len(a.split.sentences)), integer(len(a.split.gold))
    seeds_a, seeds_b = (describe_seeds(system.taggers.seeds) for system in (a, b))
    about = f"{sentences} test sentences, {tokens} tokens. A: {seeds_a}; B: {seeds_b}."
    return Comparison(about, compare_scores(a, b, resamples, seed), find_examples(a, b, EXAMPLES))


def find_examples(a: System, b: System, most: int) -> list[Example]:
    """At most `most` sentences, beginning with the widest gap between the numbers of wrong entities."""
    wrong_a, wrong_b = (count_wrong(system.taggers.counts) for system in (a, b))  # (sentences,)
    gap = np.abs(wrong_a - wrong_b)
    examples = []
    for i in np.argsort(-gap, kind="stable")[:most].tolist():
        if gap[i] > 0:
            by_a, by_b = describe_wrong(float(wrong_a[i])), describe_wrong(float(wrong_b[i]))
            annotations = [annotate_gold(a.split, i), *annotate_predicted(a.split, a.taggers, i, "A")]
            annotations += annotate_predicted(a.split, b.taggers, i, "B")
            examples.append(Example(i + 1, f"entities missed or made up: {by_a} by A, {by_b} by B", annotations))
    return examples


def file_name(revision: str) -> str:
    """A part of a file's name that stands for this revision alone: feature/x -> feature-x-b26b4ad2."""
    safe = re.sub(r"[^\w.-]", "-", revision)[:LONGEST]
    return safe if safe == revision else f"{safe}-{hashlib.sha256(revision.encode()).hexdigest()[:8]}"


def _choose(a: Revision, b: Revision, sets: list[str]) -> list[str]:
    of_a, of_b = find_scored(a), find_scored(b)
    common = [name for name in order_sets(of_a) if name in of_b]
    wrong = next((name for name in sets if name not in common), None)
    if wrong or not common:
        missing = f"data set {wrong!r}" if wrong else "data set"
        has_a, has_b = (", ".join(sorted(names)) or "no scores: evaluate has not run there" for names in (of_a, of_b))
        raise UserError(f"found no {missing} in both: {a.name} has {has_a}; {b.name} has {has_b}")
    return list(dict.fromkeys(sets)) or common
