"""What is in a split, for counts.json."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.ner.data.bio import OUTSIDE, bio_spans, repair
from pipeline.ner.data.sentence import RawSentence

SHOWN = 20
"""Types that a message names."""


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


def describe_repairs(published: list[RawSentence], scheme: str) -> dict[str, Any]:
    """How many tags of a split as published are other ones in BIO: by their scheme, and because they are illegal."""
    repairs = [(sentence.tags, repair(sentence.tags)) for sentence in published]
    changed = sum(old != new for tags, r in repairs for old, new in zip(tags, r.tags, strict=True))
    orphans, type_changes = sum(r.orphans for _, r in repairs), sum(r.type_changes for _, r in repairs)
    if scheme == "IOB1":  # in which they are legal
        orphans = type_changes = 0
    return {
        "scheme": scheme,
        "converted": changed - orphans - type_changes,
        "repaired_orphans": orphans,
        "repaired_type_changes": type_changes,
    }


def rank_types(counts: Mapping[str, Any]) -> list[str]:
    """The entity types of described splits: those of train, the most frequent first, then those that it lacks."""
    train = counts["train"]["types"]
    others = {type_ for split in counts.values() for type_ in split["types"]} - train.keys()
    return [*sorted(train, key=lambda type_: (-train[type_], type_)), *sorted(others)]


def describe_unseen(counts: Mapping[str, Any], split: str) -> str:
    """The entities of a described split whose types train lacks, by type; empty if there are none."""
    types = counts[split]["types"].items()
    unseen = [f"{type_} {number:,}" for type_, number in types if type_ not in counts["train"]["types"]]
    return ", ".join(unseen[:SHOWN]) + (f" and {len(unseen) - SHOWN:,} more types" if len(unseen) > SHOWN else "")


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
