"""A published data set: its files, its format, and its three splits.

    {"format": "wikineural",
     "files": {"train": "train.conllu.gz", "validation": null, "test": "test.conllu.gz"},
     "holdout": 0.1,
     "types": null,
     "code": "8f33..."}

That is set.json, beside the files it names. Without a validation file, `holdout` is the share of the training
sentences that is held out instead. `types` are the entity types in the order of their labels, all of them, or null:
those that the training split has. `code` is the sum of the reader's: through it, an edit of one reader has the sets in
its form read anew and no others.
"""

import hashlib
from pathlib import Path
from typing import Annotated
from unicodedata import normalize

from pydantic import Field, model_validator

from pipeline.errors import UserError
from pipeline.files.settings import Settings, read_settings
from pipeline.ner.data.readers import formats, read_file
from pipeline.ner.data.sentence import RawSentence

DESCRIPTION = "set.json"

Splits = dict[str, list[RawSentence]]


class Files(Settings):
    """File names beside set.json; `.gz` is read as gzip."""

    train: str
    validation: str | None
    test: str


class DataSet(Settings):
    """set.json."""

    format: str
    files: Files
    holdout: Annotated[float, Field(gt=0, lt=1)] | None
    types: list[str] | None = None
    code: str = ""

    @model_validator(mode="after")
    def _one_source_of_validation(self) -> "DataSet":
        if (self.files.validation is None) == (self.holdout is None):
            raise ValueError("expected either a validation file or a holdout, and null for the other")
        return self

    @model_validator(mode="after")
    def _known_format(self) -> "DataSet":
        if self.format not in formats():
            raise ValueError(f"found format {self.format!r}, expected one of {', '.join(formats())}")
        return self


def read_dataset(folder: Path) -> DataSet:
    """Read and check set.json."""
    return read_settings(DataSet, folder / DESCRIPTION, "fetch")


def read_splits(folder: Path, dataset: DataSet, seed: int) -> Splits:
    """All sentences of train, validation and test; a split without any is a `UserError`."""
    files = {split: file for split, file in dataset.files.model_dump().items() if file}
    splits = {split: list(read_file(folder / file, dataset.format, dataset.types)) for split, file in files.items()}
    if "validation" not in splits:
        splits["train"], splits["validation"] = hold_out(splits["train"], dataset.holdout or 0.0, seed)
    for split, sentences in splits.items():
        if not sentences:
            raise UserError(
                f"{folder}: found no sentences for the {split} split; see {DESCRIPTION} and the file it names"
            )
    return splits


def hold_out(sentences: list[RawSentence], share: float, seed: int) -> tuple[list[RawSentence], list[RawSentence]]:
    """Part sentences into (kept, held out) by a seeded hash of their tokens: equal sentences land on one side."""
    kept: list[RawSentence] = []
    held: list[RawSentence] = []
    for sentence in sentences:
        (held if _fraction(sentence.tokens, seed) < share else kept).append(sentence)
    return kept, held


def _fraction(tokens: list[str], seed: int) -> float:
    """A number in [0, 1) that looks random and depends on nothing but seed and tokens, in any form of Unicode."""
    text = normalize("NFC", "\t".join([str(seed), *tokens]))
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
