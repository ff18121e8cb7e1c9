"""An article for a terminal: every stage below the one before."""

import textwrap
from collections.abc import Collection, Iterator
from pathlib import Path

from pipeline.errors import printable
from pipeline.report.corpus.article import STAGES, Article, find_articles
from pipeline.report.corpus.trace import mark_unknown, read_predicted, sentences_of

UNITS = {"documents": ("paragraph", "word"), "sentences": ("sentence", "word"), "lemmas": ("fragment", "token")}
"""What the lines of a stage are, and what stands between their spaces."""
INDENT = 6
WIDEST = 120
"""Columns, where the terminal has more or does not say."""


def show(data: Path, wanted: str, width: int) -> str:
    """All articles of an id, in lines of at most `width` columns; a `UserError` if there is none."""
    vocabulary = data / "vocabulary"
    predicted = read_predicted(vocabulary) if (vocabulary / "vocabulary.txt").is_file() else None
    return "\n\n\n".join("\n".join(_describe(article, predicted, width)) for article in find_articles(data, wanted))


def _describe(article: Article, predicted: Collection[str] | None, width: int) -> Iterator[str]:
    yield printable(article.name)
    yield f"shard {article.shard}"
    for stage in STAGES:
        yield ""
        yield f"{stage}: {_summarise(article, stage)}"
        yield from _number(article.lines.get(stage, []), width, _too_long(article) if stage == "sentences" else set())
    if predicted is not None and article.lines.get("lemmas"):
        yield ""
        yield "vocabulary: what the language model predicts by name"
        yield from _number([mark_unknown(line, predicted) for line in article.lines["lemmas"]], width, set())


def _summarise(article: Article, stage: str) -> str:
    if stage not in article.lines:
        return f"not run; run: dvc repro {stage}"
    lines = article.lines[stage]
    if not lines:
        return "dropped"
    unit, piece = UNITS.get(stage, ("fragment", "word"))
    return f"{_count(len(lines), unit)}, {_count(sum(line.count(' ') + 1 for line in lines), piece)}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _too_long(article: Article) -> set[int]:
    """The sentences that went into no fragment."""
    if "fragments" not in article.lines:
        return set()
    kept = {number for numbers in sentences_of(article) for number in numbers}
    return set(range(len(article.lines["sentences"]))) - kept


def _number(lines: list[str], width: int, dropped: Collection[int]) -> Iterator[str]:
    for number, line in enumerate(lines):
        note = "[dropped, too long] " if number in dropped else ""
        first = f"{number + 1:>{INDENT - 2}}  "
        yield from textwrap.wrap(note + printable(line), width, initial_indent=first, subsequent_indent=" " * INDENT)
