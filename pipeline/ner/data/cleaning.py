"""Sentences as published made ready for a tagger: legal BIO tags, and only the tokens that the protocol keeps.

    Ростов-на-Дону  ,  город  «      Заря   »
    B-LOC           O  O      B-ORG  I-ORG  I-ORG

Of these, only `город` and `Заря` are alphanumeric; the second is then B-ORG. What is repaired, dropped and left is
counted, for counts.json.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pipeline.ner.data.bio import OUTSIDE, bio_spans, repair
from pipeline.ner.data.lines import RawSentence

KEEPS: dict[str, Callable[[str], bool]] = {"all": lambda token: True, "alphanumeric": str.isalnum}

Sentences = list[RawSentence]
Counts = dict[str, Any]


def repair_tags(published: Sentences, scheme: str) -> tuple[Sentences, Counts]:
    """The sentences in legal BIO; how many tags are other ones by their scheme, and how many because they are wrong."""
    repairs = [repair(tags) for _, tags in published]
    tags = [pair for old, new in zip(published, repairs, strict=True) for pair in zip(old.tags, new.tags, strict=True)]
    legal = scheme == "IOB1"  # in which an entity may begin with I-
    orphans = 0 if legal else sum(new.orphans for new in repairs)
    type_changes = 0 if legal else sum(new.type_changes for new in repairs)
    return [RawSentence(old.tokens, new.tags) for old, new in zip(published, repairs, strict=True)], {
        "scheme": scheme,
        "converted": sum(old != new for old, new in tags) - orphans - type_changes,
        "repaired_orphans": orphans,
        "repaired_type_changes": type_changes,
    }


def drop_tokens(sentences: Sentences, rule: str) -> tuple[Sentences, Counts]:
    """The sentences without the tokens that the rule drops, and those that this leaves empty; how much is lost."""
    left = [sentence for sentence in (keep_tokens(sentence, rule) for sentence in sentences) if sentence.tokens]
    before, after = (
        {
            "dropped_sentences": len(split),
            "dropped_tokens": sum(len(tokens) for tokens, _ in split),
            "dropped_entity_tokens": sum(tag != OUTSIDE for _, tags in split for tag in tags),
            "dropped_entities": sum(len(bio_spans(tags)) for _, tags in split),
        }
        for split in (sentences, left)
    )
    return left, {unit: before[unit] - after[unit] for unit in before}


def keep_tokens(sentence: RawSentence, rule: str) -> RawSentence:
    """The sentence without the tokens that the rule drops, in order; it may be left without any.

    An entity keeps what is left of it and begins there, so that it never joins its neighbour. The released code leaves
    such an entity with an I- in front.
    """
    tags = [OUTSIDE] * len(sentence.tokens)
    keeps = [KEEPS[rule](token) for token in sentence.tokens]
    for span in bio_spans(sentence.tags):
        prefix = "B"
        for index in range(span.start, span.stop):
            if keeps[index]:
                tags[index], prefix = f"{prefix}-{span.type}", "I"
    rows = zip(sentence.tokens, tags, keeps, strict=True)
    pairs = [(token, tag) for token, tag, is_kept in rows if is_kept]
    return RawSentence([token for token, _ in pairs], [tag for _, tag in pairs])


def describe(sentences: Sentences, train: Iterable[RawSentence]) -> Counts:
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


def rank_types(counts: Mapping[str, Any]) -> list[str]:
    """The entity types of described splits: those of train, the most frequent first, then those that it lacks."""
    train = counts["train"]["types"]
    others = {type_ for split in counts.values() for type_ in split["types"]} - train.keys()
    return [*sorted(train, key=lambda type_: (-train[type_], type_)), *sorted(others)]


def describe_unseen(counts: Mapping[str, Any], split: str) -> str:
    """The entities of a described split whose types train lacks, by type; empty if there are none."""
    types, known = counts[split]["types"], counts["train"]["types"]
    return ", ".join(f"{type_} {number:,}" for type_, number in types.items() if type_ not in known)
