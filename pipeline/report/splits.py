"""The NER sets in numbers, and the paper's Table 1 with them."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.ner.data.corpus import SPLITS
from pipeline.report import paper
from pipeline.report.data import REPAIRS
from pipeline.report.pages.blocks import Block, Table
from pipeline.report.tables import NONE, integer

HEADER = ["Set", "Split", "Paper, Table 1", "Paper's files", "Sentences", "Tokens", "Entities"]
HEADER += ["Orphan I-", "I- of another type", "Not in NFC", "Stressed", "Duplicates", "Also in train"]
COLUMNS = ["sentences", "tokens", "entities", *REPAIRS, "composed_tokens", "stressed_tokens", "duplicates"]
DROPPED = ["dropped_tokens", "dropped_entity_tokens", "dropped_entities", "dropped_sentences"]


def describe_splits(sets: Mapping[str, Any]) -> Iterator[Block]:
    """A table and what it says; `sets` has the counts by data set and split."""
    rows = []
    for name, counts in sets.items():
        for split in (split for split in SPLITS if split in counts):
            published, counted = paper.SPLITS.get(name, {}).get(split), counts[split]
            sizes = [published.table, published.files] if published else [None, None]
            numbers = [integer(number) for number in [*sizes, *map(counted.get, COLUMNS)]]
            in_train = NONE if split == "train" else integer(counted["also_in_train"])
            rows.append([paper.set_name(name), split, *numbers, in_train])
    yield Table(HEADER, rows, left=2)
    yield (
        "Sentences of the paper's Table 1, of the files it is about, and here. An orphan I- (after O, or first in its "
        "sentence) and an I- after an entity of another type are repaired to B-. Tokens not in Unicode NFC are put "
        "into it; a stress mark is left out of what is lemmatised. Duplicates repeat a sentence of their split."
    )
    for name, counts in sets.items():
        converted = sum(split.get("converted", 0) for split in counts.values())  # none in an earlier revision
        if converted:
            said = f"is published in {counts['train']['scheme']} and is converted to BIO"
            yield f"{paper.set_name(name)} {said}: {integer(converted)} labels change."


def describe_dropped(sets: Mapping[str, Any], kept: str) -> Iterator[Block]:
    """What the protocol has dropped of the same counts; nothing where it keeps all tokens."""
    if kept == "all":
        return
    rows = [
        [paper.set_name(name), split, *(integer(counted.get(column)) for column in DROPPED)]
        for name, counts in sets.items()
        for split, counted in counts.items()
    ]
    yield f"The protocol keeps tokens that are {kept}. Without the others, the sets lost:"
    yield Table(["Set", "Split", "Tokens", "Tokens of entities", "Entities", "Sentences"], rows, left=2)
