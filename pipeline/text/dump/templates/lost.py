"""Templates that were dropped inside sentences, by name: what a user may want to add to the table."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from typing_extensions import TypedDict

from pipeline.files.json import Count
from pipeline.files.shards import Counts
from pipeline.text.dump.tags import put_back
from pipeline.text.whitespace import fold

FILE = "templates.json"
"""Beside the shards of the stage."""
LISTED = 1000
"""Names that are listed at most, those that are dropped most often: of each raw shard, and of all of them."""
LONGEST_NAME, LONGEST_EXAMPLE = 60, 100
"""Characters."""

_KEYS = ("template", "template_words")


class LostFile(TypedDict):
    """templates.json."""

    templates: list[tuple[str, Count, Count, str]]


class Lost(NamedTuple):
    """A template by name, how often it was dropped, its words, mark-up included, and the first one of a raw shard."""

    name: str
    times: int
    words: int
    example: str


def count_lost(templates: Iterable[tuple[str, str]], counts: Counts) -> None:
    """Add the templates of a raw shard, name and source, to its counts; `take_lost` takes them out again."""
    examples: dict[str, str] = {}
    times, words = Counter[str](), Counter[str]()
    for full_name, source in templates:
        name = _printable(full_name, LONGEST_NAME)
        examples.setdefault(name, _printable(source, LONGEST_EXAMPLE))
        times[name] += 1
        words[name] += len(source.split())
    for name, _ in times.most_common(LISTED):
        for key, number in zip(_KEYS, (times[name], words[name]), strict=True):
            counts[f"{key}\t{name}\t{examples[name]}"] = number


def take_lost(counts: Counts) -> list[Lost]:
    """Take the templates out of the counts; the most frequent first."""
    times, words = Counter[str](), Counter[str]()
    examples: dict[str, str] = {}
    for key in [key for key in counts if "\t" in key]:
        kind, name, example = key.split("\t")
        examples.setdefault(name, example)
        (times if kind == _KEYS[0] else words)[name] += counts.pop(key)
    return [Lost(name, number, words[name], examples[name]) for name, number in times.most_common(LISTED)]


def _printable(text: str, longest: int) -> str:
    """The beginning of it as one line; neither surrogates nor marks of direction nor control characters are in it."""
    shown = fold(put_back(text[: 4 * longest]))
    shown = "".join(filter(str.isprintable, shown))
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"
