"""Templates that were dropped inside sentences, by name: a user may want to add them to the table."""

from collections.abc import Iterable
from typing import NamedTuple

from pipeline.files.json import Count
from pipeline.text.dump.tags import put_back
from pipeline.text.whitespace import fold

FILE = "templates.json"
"""The name of the file, next to the shards of the stage."""
FORM = list[tuple[str, Count, Count, str]]
"""The form of its key `templates`: the fields of each `Lost`."""
LISTED = 1000
"""At most so many names are listed, the most frequently dropped ones."""
LONGEST_NAME, LONGEST_EXAMPLE = 60, 100
"""At most so many characters of each are kept."""


class Lost(NamedTuple):
    """A template: its name, how often it was dropped, its words, mark-up included, and its first use."""

    name: str
    times: int
    words: int
    example: str


def describe_template(name: str, source: str) -> Lost:
    """Return a template that was dropped once."""
    return Lost(_printable(name, LONGEST_NAME), 1, len(source.split()), _printable(source, LONGEST_EXAMPLE))


def add_lost(total: dict[str, Lost], lost: Iterable[Lost]) -> None:
    """Add to the templates in `total`, by name."""
    for template in lost:
        name, times, words, example = total.get(template.name, template._replace(times=0, words=0))
        total[name] = Lost(name, times + template.times, words + template.words, example)


def most_frequent(total: dict[str, Lost]) -> list[Lost]:
    """Return the templates that were dropped most often, equal ones by name."""
    return sorted(total.values(), key=lambda lost: (-lost.times, lost.name))[:LISTED]


def _printable(text: str, longest: int) -> str:
    """Return the beginning of a text as one line, without surrogates, marks of direction and control characters."""
    shown = "".join(filter(str.isprintable, fold(put_back(text[: 4 * longest]))))
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"
