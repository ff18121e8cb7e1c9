"""The NER sets in numbers, beside the paper's Table 1."""

from collections.abc import Iterator, Mapping
from typing import Any

from typing_extensions import TypedDict

from pipeline.files.json import numbers
from pipeline.report import paper
from pipeline.report.pages.blocks import Block, Table
from pipeline.report.tables import NONE, integer

SPLITS = ["train", "validation", "test"]
HEADER = ["Set", "Split", "Paper, Table 1", "Paper's files", "Sentences", "Tokens", "Entities"]
REPAIRS = ["Orphan I-", "I- of another type", "Not in NFC", "Stressed", "Duplicates", "Also in train"]
SPELLING = ["composed_tokens", "stressed_tokens"]
"""Counts that earlier revisions lack."""
COLUMNS = ["sentences", "tokens", "entities", "repaired_orphans", "repaired_type_changes", *SPELLING, "duplicates"]
DROPPED = ["dropped_tokens", "dropped_entity_tokens", "dropped_entities", "dropped_sentences"]
_ALWAYS = [*(column for column in COLUMNS if column not in SPELLING), "also_in_train"]
SPLIT: Any = numbers(*_ALWAYS, nested=("types",), words=("scheme",))
_SPLIT_FILE: Any = numbers(*_ALWAYS, *DROPPED, nested=("types",), words=("scheme",))
SET_COUNTS: Any = TypedDict("SET_COUNTS", dict.fromkeys(SPLITS, _SPLIT_FILE))  # type: ignore
"""Shapes of the counts of a split in metrics/data.json, and of a set in its counts.json."""


def describe_splits(sets: Mapping[str, Any]) -> Iterator[Block]:
    """A table and what it says; `sets` has the counts by data set and split."""
    rows = [_row(name, split, counts[split]) for name, counts in sets.items() for split in SPLITS if split in counts]
    yield Table(HEADER + REPAIRS, rows, left=2)
    yield (
        "Sentences of the paper's Table 1, of the files it is about, and here. An orphan I- (after O, or first in its "
        "sentence) and an I- after an entity of another type are repaired to B-. Tokens not in Unicode NFC are put "
        "into it; a stress mark is left out of what is lemmatised. Duplicates repeat a sentence of their split."
    )
    for name, counts in sets.items():
        converted = sum(split.get("converted", 0) for split in counts.values())  # none in an earlier revision
        if converted:
            scheme = counts["train"]["scheme"]
            said = f"is published in {scheme} and is converted to BIO"
            yield f"{paper.set_name(name)} {said}: {integer(converted)} labels change."


def describe_dropped(sets: Mapping[str, Any], kept: str) -> Iterator[Block]:
    """What the protocol has dropped of the same counts; nothing where it keeps all tokens."""
    if kept == "all":
        return
    rows = [
        [paper.set_name(name), split, *(integer(counts[split][column]) for column in DROPPED)]
        for name, counts in sets.items()
        for split in SPLITS
        if split in counts
    ]
    yield f"The protocol keeps tokens that are {kept}. Without the others, the sets lost:"
    yield Table(["Set", "Split", "Tokens", "Tokens of entities", "Entities", "Sentences"], rows, left=2)


def _row(name: str, split: str, counts: Mapping[str, int]) -> list[str]:
    published = paper.SPLITS.get(name, {}).get(split)
    return [
        paper.set_name(name),
        split,
        integer(published.table if published else None),
        integer(published.files if published else None),
        *(integer(counts.get(column)) for column in COLUMNS),
        integer(counts["also_in_train"]) if split != "train" else NONE,
    ]
