"""The NER sets in numbers, next to those of the paper's Table 1. The words are in pages/splits.md."""

from collections.abc import Mapping
from typing import Any

from pipeline.ner.data.corpus import SPLITS
from pipeline.report import paper
from pipeline.report.data import REPAIRS
from pipeline.report.tables import NONE, integer

COLUMNS = ["sentences", "tokens", "entities", *REPAIRS, "composed_tokens", "stressed_tokens", "duplicates"]
DROPPED = ["dropped_tokens", "dropped_entity_tokens", "dropped_entities", "dropped_sentences"]


def tabulate_splits(sets: Mapping[str, Any]) -> list[list[str]]:
    """One row per split; `sets` has the counts by data set and split. Earlier code may not have counted everything."""
    rows = []
    for name, counts_by_split in sets.items():
        for split in (split for split in SPLITS if split in counts_by_split):
            counts = counts_by_split[split]
            published = paper.SPLITS.get(name, {}).get(split, {})
            numbers = [published.get("table"), published.get("files"), *map(counts.get, COLUMNS)]
            in_train = NONE if split == "train" else integer(counts["also_in_train"])
            rows.append([paper.set_name(name), split, *map(integer, numbers), in_train])
    return rows


def tabulate_dropped(sets: Mapping[str, Any]) -> list[list[str]]:
    """One row per split, with what the protocol dropped from it."""
    return [
        [paper.set_name(name), split, *(integer(counts.get(column)) for column in DROPPED)]
        for name, counts_by_split in sets.items()
        for split, counts in counts_by_split.items()
    ]
