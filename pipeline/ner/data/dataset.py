"""What is in the folder of a published data set, beside its files: set.json.

    {"format": "wikineural",
     "files": {"train": "train.conllu.gz", "validation": null, "test": "test.conllu.gz"},
     "holdout": 0.1,
     "types": null}

Without a validation file, `holdout` is the share of the training sentences that is held out instead. `types` are the
entity types in the order of their labels, all of them, or null: those that the training split has.
"""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from pipeline.files.settings import Settings, read_settings

DESCRIPTION = "set.json"


class Files(Settings):
    """File names in the folder; `.gz` is read as gzip."""

    train: str
    validation: str | None
    test: str


class DataSet(Settings):
    """set.json; stage fetch has checked that the manifest, of which it is made, makes sense."""

    format: str
    """One of `pipeline.ner.data.formats.FORMATS`."""
    files: Files
    holdout: Annotated[float, Field(gt=0, lt=1)] | None
    types: list[str] | None = None


def read_dataset(folder: Path) -> DataSet:
    """Read set.json."""
    return read_settings(DataSet, folder / DESCRIPTION, "fetch")
