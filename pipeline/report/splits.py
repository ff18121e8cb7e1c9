"""The NER sets in numbers, next to those of the paper's Table 1. The words are in pages/splits.md."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from pipeline.ner.data.corpus import SPLITS
from pipeline.report import paper
from pipeline.report.data import REPAIRS
from pipeline.report.tables import integer

COLUMNS = {
    "sentences": "Sentences",
    "tokens": "Tokens",
    "entities": "Entities",
    **dict(zip(REPAIRS, ("Orphan I-", "I- of another type"), strict=True)),
    "composed_tokens": "Not in NFC",
    "stressed_tokens": "Stressed",
    "duplicates": "Duplicates",
    "also_in_train": "Also in train",
}
"""The titles of what is counted, by its key in counts.json."""
DROPPED = ["dropped_tokens", "dropped_entity_tokens", "dropped_entities", "dropped_sentences"]


class Splits(NamedTuple):
    """A table with a row per split, and the titles of the columns that it lacks, since all their counts are 0."""

    header: list[str]
    rows: list[list[str]]
    zero: list[str]


def tabulate_splits(sets: Mapping[str, Any]) -> Splits:
    """Tabulate the counts by data set and split. Earlier code may not have counted everything."""
    splits = [(name, split, sets[name][split]) for name in sets for split in SPLITS if split in sets[name]]
    shown = [key for key in COLUMNS if any(counts.get(key) for *_, counts in splits)]
    rows = []
    for name, split, counts in splits:
        published = paper.SPLITS.get(name, {}).get(split, {})
        counted = counts | ({"also_in_train": None} if split == "train" else {})
        numbers = [published.get("table"), published.get("files"), *map(counted.get, shown)]
        rows.append([paper.set_name(name), split, *map(integer, numbers)])
    header = ["Set", "Split", "Paper, Table 1", "Paper's files", *(COLUMNS[key] for key in shown)]
    zero = [key for key in COLUMNS if key not in shown and any(key in counts for *_, counts in splits)]
    return Splits(header, rows, [COLUMNS[key] for key in zero])


def tabulate_dropped(sets: Mapping[str, Any]) -> list[list[str]]:
    """One row per split, with what the protocol dropped from it."""
    return [
        [paper.set_name(name), split, *(integer(counts.get(column)) for column in DROPPED)]
        for name, counts_by_split in sets.items()
        for split, counts in counts_by_split.items()
    ]
