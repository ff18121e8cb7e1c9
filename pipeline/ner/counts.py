"""What is in a split, for counts.json."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from pipeline.ner.bio import bio_spans, repair
from pipeline.ner.sentence import RawSentence


def describe(sentences: list[RawSentence], train: Iterable[RawSentence]) -> dict[str, Any]:
    """Counts of a split as published, before its tags are repaired; `train` is what it may repeat."""
    repairs = [repair(sentence.tags) for sentence in sentences]
    types = Counter(span.type for sentence in sentences for span in bio_spans(sentence.tags))
    texts = [tuple(sentence.tokens) for sentence in sentences]
    seen = {tuple(sentence.tokens) for sentence in train}
    return {
        "sentences": len(sentences),
        "tokens": sum(map(len, texts)),
        "longest": max(map(len, texts), default=0),
        "entities": types.total(),
        "types": dict(sorted(types.items())),
        "repaired_orphans": sum(r.orphans for r in repairs),
        "repaired_type_changes": sum(r.type_changes for r in repairs),
        "duplicates": len(texts) - len(set(texts)),
        "also_in_train": sum(text in seen for text in texts),
    }
