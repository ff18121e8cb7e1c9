"""The command `compare`: two revisions, on the data sets that both have predictions for."""

import hashlib
import re
from pathlib import Path

from pipeline.errors import UserError
from pipeline.experiments.compare.page import Comparison, describe_set, render_html, render_markdown, render_terminal
from pipeline.experiments.compare.pair import find_sets, read_pair
from pipeline.experiments.compare.sentences import find_examples
from pipeline.experiments.compare.table import compare_scores
from pipeline.experiments.revision import Revision, diff_params, open_revisions
from pipeline.report.paper import order_sets
from pipeline.work.outputs import write_text

EXAMPLES = 50
"""Sentences that the page shows of each data set."""
LONGEST = 60
"""Characters of a revision in the name of a file."""


def run(a: str, b: str, sets: list[str], target: Path, resamples: int, seed: int) -> str:
    """Write `target/<a>..<b>.html` and `.md`; return the tables. Without `sets`, all that A and B both have.

    `resamples` are drawn and swapped for each data set, as `seed` decides.
    """
    first, second = open_revisions(a, b)
    pairs = [read_pair(first, second, name) for name in _choose(first, second, sets)]
    described = [describe_set(p, compare_scores(p, resamples, seed), find_examples(p, EXAMPLES)) for p in pairs]
    comparison = Comparison(first, second, diff_params(first, second), described, resamples)
    page = target / f"{file_name(a)}..{file_name(b)}.html"
    write_text(page.with_name(f"{page.name.removesuffix('.html')}.md"), render_markdown(comparison))
    write_text(page, render_html(comparison))
    return f"{render_terminal(comparison)}\n\npage: {page}"


def file_name(revision: str) -> str:
    """A part of a file's name that stands for this revision alone: feature/x -> feature-x-b26b4ad2."""
    safe = re.sub(r"[^\w.-]", "-", revision)[:LONGEST]
    return safe if safe == revision else f"{safe}-{hashlib.sha256(revision.encode()).hexdigest()[:8]}"


def _choose(a: Revision, b: Revision, sets: list[str]) -> list[str]:
    mine, yours = find_sets(a), find_sets(b)
    common = [name for name in order_sets(list(mine)) if name in yours]
    wrong = next((name for name in sets if name not in common), None)
    if wrong or not common:
        what = f"data set {wrong!r}" if wrong else "data set"
        raise UserError(f"found no {what} in both: {a.name} has {', '.join(mine)}; {b.name} has {', '.join(yours)}")
    return list(dict.fromkeys(sets)) or common
