"""A fragment followed through the stages: where it comes from, and what becomes of it."""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from itertools import accumulate, islice
from pathlib import Path

from pipeline.errors import UserError
from pipeline.files.vocabulary import SPECIALS, UNKNOWN, read_entries, read_facts
from pipeline.report.corpus.article import Article

Traced = list[tuple[str, list[str]]]
"""By stage."""


def trace(article: Article, number: int, predicted: Collection[str]) -> Traced:
    """The fragment of that number, from 0: its paragraphs whole, its sentences, then the fragment at each stage.

    `predicted` are the lemmas that the language model predicts by name; the last line shows the others as `<UNK>`.
    """
    lines = article.lines
    sentences = sentences_of(article)[number]
    paragraphs = sorted(set(paragraphs_of(article, sentences)))
    if len(lines["lowercase"]) != len(lines["fragments"]):
        what = f"{len(lines['lowercase'])} fragments in lower case, of {len(lines['fragments'])}"
        raise UserError(f"lowercase/{article.shard}: article {article.id}: found {what}; run: dvc repro lowercase")
    lemmas = _lemmas(article, number)
    return [
        ("documents", [lines["documents"][i] for i in paragraphs]),
        ("sentences", [lines["sentences"][i] for i in sentences]),
        ("fragments", [lines["fragments"][number]]),
        ("lowercase", [lines["lowercase"][number]]),
        ("lemmas", lemmas),
        ("vocabulary", [mark_unknown(line, predicted) for line in lemmas]),
    ]


def sentences_of(article: Article) -> list[list[int]]:
    """The numbers of the sentences that each fragment is made of. Those of no fragment were dropped as too long."""
    sentences, found, position = article.lines["sentences"], [], 0
    for fragment in article.lines["fragments"]:
        rest, own = f"{fragment} ", []
        while rest:
            if position == len(sentences):
                place = f"{article.shard}: article {article.id}"
                raise UserError(f"{place}: its fragments are not made of its sentences; run: dvc repro fragments")
            # A sentence that was dropped is longer than any fragment, so it begins none.
            if rest.startswith(f"{sentences[position]} "):
                own.append(position)
                rest = rest[len(sentences[position]) + 1 :]
            position += 1
        found.append(own)
    return found


def paragraphs_of(article: Article, sentences: Sequence[int]) -> list[int]:
    """The number of the paragraph that each of these sentences begins in, by the letters before it."""
    ends = [*accumulate(map(_letters, article.lines["documents"]))]
    starts = [0, *accumulate(map(_letters, article.lines["sentences"]))]
    return [min(bisect_right(ends, starts[i]), len(ends) - 1) for i in sentences]


def read_predicted(vocabulary: Path) -> frozenset[str]:
    """The lemmas that the language model predicts by name; `vocabulary` is the stage's folder."""
    size = read_facts(vocabulary)["size"] - len(SPECIALS)
    return frozenset(entry.lemma for entry in islice(read_entries(vocabulary), size))


def mark_unknown(lemmas: str, predicted: Collection[str]) -> str:
    """A line of lemmas as the softmax knows them."""
    return " ".join(lemma if lemma in predicted else SPECIALS[UNKNOWN] for lemma in lemmas.split(" "))


def _lemmas(article: Article, number: int) -> list[str]:
    """The line of lemmas of a fragment; none where a fragment without a token was dropped, and lines don't pair."""
    lemmas = article.lines["lemmas"]
    return [lemmas[number]] if len(lemmas) == len(article.lines["lowercase"]) else []


def _letters(text: str) -> int:
    """Characters that no stage before `lowercase` changes."""
    return len(text) - text.count(" ")
