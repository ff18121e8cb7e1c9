"""Templates that were dropped inside sentences, by name: what a user may want to add to the table."""

from collections.abc import Iterable
from typing import NamedTuple

from pipeline.files.json import Count
from pipeline.text.dump.tags import put_back
from pipeline.text.whitespace import fold

FILE = "templates.json"
"""Lies with the shards of the stage."""
FORM = list[tuple[str, Count, Count, str]]
"""What it has under `templates`: the fields of each `Lost`."""
LISTED = 1000
"""Names that are listed at most, those that are dropped most often."""
LONGEST_NAME, LONGEST_EXAMPLE = 60, 100
"""Characters."""


class Lost(NamedTuple):
    """A template by name, how often it was dropped, its words, mark-up included, and the first one that was met."""

    name: str
    times: int
    words: int
    example: str


def describe_template(name: str, source: str) -> Lost:
    """A template that was dropped once."""
    return Lost(_printable(name, LONGEST_NAME), 1, len(source.split()), _printable(source, LONGEST_EXAMPLE))


def add_lost(total: dict[str, Lost], lost: Iterable[Lost]) -> None:
    """Add to the templates in `total`, by name."""
    for template in lost:
        name, times, words, example = total.get(template.name, template._replace(times=0, words=0))
        total[name] = Lost(name, times + template.times, words + template.words, example)


def most_frequent(total: dict[str, Lost]) -> list[Lost]:
    """The templates that were dropped most often, equal ones by name."""
    return sorted(total.values(), key=lambda lost: (-lost.times, lost.name))[:LISTED]


def _printable(text: str, longest: int) -> str:
    """The beginning of a text as one line, without surrogates, marks of direction and control characters."""
    shown = "".join(filter(str.isprintable, fold(put_back(text[: 4 * longest]))))
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"
