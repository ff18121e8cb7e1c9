"""Published sentences are prepared for a tagger: legal BIO tags, and only the tokens that the protocol keeps.

    Ростов-на-Дону  ,  город  «      Заря   »
    B-LOC           O  O      B-ORG  I-ORG  I-ORG

Only `город` and `Заря` are alphanumeric here; where the protocol keeps no other tokens, `Заря` becomes B-ORG. Before
that, types may become others (`map_types`). All that is repaired or dropped is counted, for counts.json.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import compress
from typing import Any

from pipeline.ner.data.bio import OUTSIDE, begins, bio_spans, repair, tag_type
from pipeline.ner.data.lines import RawSentence

KEEPS: dict[str, Callable[[str], bool]] = {"all": lambda token: True, "alphanumeric": str.isalnum}

Sentences = list[RawSentence]
Counts = dict[str, Any]


def map_types(published: Sentences, types: Mapping[str, str]) -> tuple[Sentences, Counts]:
    """Return the sentences with other types, and counts of the entities that become O, by their type.

    `types` has what types become; those that it does not name stay. The tags may be of any scheme, which they keep.
    """
    left_out = Counter(
        span.type for _, tags in published for span in bio_spans(tags) if types.get(span.type) == OUTSIDE
    )
    sentences = [RawSentence(tokens, _map_tags(tags, types)) for tokens, tags in published]
    return sentences, {"left_out": left_out}


def _map_tags(tags: list[str], types: Mapping[str, str]) -> list[str]:
    mapped: list[str] = []
    before = tag_before = OUTSIDE
    for tag in tags:
        type_ = types.get(tag_type(tag), tag_type(tag))
        new = OUTSIDE if OUTSIDE in (tag, type_) else f"{tag[0]}-{type_}"
        if begins(tag_before, tag) and new != OUTSIDE and not begins(before, new):
            new = f"B-{type_}"  # two neighbours became entities of one type, and stay two
        mapped.append(new)
        before, tag_before = new, tag
    return mapped


def repair_tags(published: Sentences, scheme: str) -> tuple[Sentences, Counts]:
    """Return the sentences in legal BIO, and counts of the tags that another scheme explains and of the wrong ones."""
    repairs = [repair(tags) for _, tags in published]
    sentences = [RawSentence(tokens, repaired.tags) for (tokens, _), repaired in zip(published, repairs, strict=True)]
    legal = scheme == "IOB1"  # there an entity may begin with I-
    orphans = 0 if legal else sum(repaired.orphans for repaired in repairs)
    type_changes = 0 if legal else sum(repaired.type_changes for repaired in repairs)
    changed = sum(
        old != new
        for before, after in zip(published, sentences, strict=True)
        for old, new in zip(before.tags, after.tags, strict=True)
    )
    return sentences, {
        "scheme": scheme,
        "converted": changed - orphans - type_changes,
        "repaired_orphans": orphans,
        "repaired_type_changes": type_changes,
    }


def drop_tokens(sentences: Sentences, rule: str) -> tuple[Sentences, Counts]:
    """Drop tokens by the rule, and sentences left empty; return the remaining sentences and counts of what is lost."""
    remaining = [sentence for sentence in (keep_tokens(sentence, rule) for sentence in sentences) if sentence.tokens]
    before, after = (
        {
            "dropped_sentences": len(split),
            "dropped_tokens": sum(len(tokens) for tokens, _ in split),
            "dropped_entity_tokens": sum(tag != OUTSIDE for _, tags in split for tag in tags),
            "dropped_entities": sum(len(bio_spans(tags)) for _, tags in split),
        }
        for split in (sentences, remaining)
    )
    return remaining, {unit: before[unit] - after[unit] for unit in before}


def keep_tokens(sentence: RawSentence, rule: str) -> RawSentence:
    """Return the sentence without the tokens that the rule drops; it may be left empty.

    What remains of an entity begins with B-, so that it never joins the entity before it. The paper's code leaves I-.
    """
    tags = [OUTSIDE] * len(sentence.tokens)
    is_kept = [KEEPS[rule](token) for token in sentence.tokens]
    for span in bio_spans(sentence.tags):
        prefix = "B"
        for index in range(span.start, span.stop):
            if is_kept[index]:
                tags[index], prefix = f"{prefix}-{span.type}", "I"
    return RawSentence([*compress(sentence.tokens, is_kept)], [*compress(tags, is_kept)])


def describe(sentences: Sentences, train: Iterable[RawSentence]) -> Counts:
    """Return counts of a split; `also_in_train` counts the sentences that `train` has too."""
    types = Counter(span.type for sentence in sentences for span in bio_spans(sentence.tags))
    texts = [tuple(sentence.tokens) for sentence in sentences]
    train_texts = {tuple(sentence.tokens) for sentence in train}
    return {
        "sentences": len(sentences),
        "tokens": sum(map(len, texts)),
        "longest": max(map(len, texts), default=0),
        "entities": types.total(),
        "types": dict(sorted(types.items())),
        "duplicates": len(texts) - len(set(texts)),
        "also_in_train": sum(text in train_texts for text in texts),
    }


def add_counts(parts: Iterable[Counts]) -> Counts:
    """Add up the counts of parts, also those in tables; of schemes, each is named once."""
    total: Counts = {}
    for key, value in (item for counts in parts for item in counts.items()):
        if isinstance(value, dict):
            total[key] = dict(Counter(total.get(key, {})) + Counter(value))
        elif isinstance(value, str):
            total[key] = value if value in total.get(key, value) else f"{total[key]} and {value}"
        else:
            total[key] = total.get(key, 0) + value
    return total


def rank_types(counts: Mapping[str, Any]) -> list[str]:
    """Rank the entity types of described splits: first the types of train by frequency, then the others by name."""
    train = counts["train"]["types"]
    others = {type_ for split in counts.values() for type_ in split["types"]} - train.keys()
    return [*sorted(train, key=lambda type_: (-train[type_], type_)), *sorted(others)]


def describe_unseen(counts: Mapping[str, Any], split: str) -> str:
    """List the types of a described split that train lacks, with their numbers of entities; empty if there are none."""
    types, known = counts[split]["types"], counts["train"]["types"]
    return ", ".join(f"{type_} {number:,}" for type_, number in types.items() if type_ not in known)
