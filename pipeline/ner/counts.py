"""What is in a split, for counts.json."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from pipeline.ner.bio import OUTSIDE, bio_spans, repair
from pipeline.ner.sentence import RawSentence


def describe(sentences: list[RawSentence], train: Iterable[RawSentence]) -> dict[str, Any]:
    """Counts of a split; `train` is what it may repeat."""
    types = Counter(span.type for sentence in sentences for span in bio_spans(sentence.tags))
    texts = [tuple(sentence.tokens) for sentence in sentences]
    seen = {tuple(sentence.tokens) for sentence in train}
    return {
        "sentences": len(sentences),
        "tokens": sum(map(len, texts)),
        "longest": max(map(len, texts), default=0),
        "entities": types.total(),
        "types": dict(sorted(types.items())),
        "duplicates": len(texts) - len(set(texts)),
        "also_in_train": sum(text in seen for text in texts),
    }


def describe_repairs(published: list[RawSentence]) -> dict[str, int]:
    """How many tags of a split as published are illegal, and why."""
    repairs = [repair(sentence.tags) for sentence in published]
    return {
        "repaired_orphans": sum(r.orphans for r in repairs),
        "repaired_type_changes": sum(r.type_changes for r in repairs),
    }


def describe_dropped(published: list[RawSentence], kept: list[RawSentence]) -> dict[str, int]:
    """What a split has lost with the tokens that the protocol drops: as many of each as there are fewer."""
    before, after = (_totals(sentences) for sentences in (published, kept))
    return {f"dropped_{unit}": before[unit] - after[unit] for unit in before}


def _totals(sentences: list[RawSentence]) -> dict[str, int]:
    tags = [tag for sentence in sentences for tag in sentence.tags]
    return {
        "sentences": len(sentences),
        "tokens": len(tags),
        "entity_tokens": sum(tag != OUTSIDE for tag in tags),
        "entities": sum(len(bio_spans(sentence.tags)) for sentence in sentences),
    }
