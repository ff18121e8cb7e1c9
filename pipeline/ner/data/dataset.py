"""set.json, which stage fetch writes next to the files of a published data set.

{"format": "wikineural",
 "files": {"train": "train.conllu.gz", "validation": null, "test": "test.conllu.gz"},
 "holdout": 0.1,
 "types": null}
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from pipeline.files.settings import Settings, read_settings

DESCRIPTION = "set.json"


class DataSet(Settings):
    """set.json; stage fetch has checked the manifest from which it is made."""

    format: str
    """One of `pipeline.ner.data.formats.FORMATS`."""
    files: dict[Literal["train", "validation", "test"], str | None]
    """Names of files in the folder; `.gz` is read as gzip."""
    holdout: Annotated[float, Field(gt=0, lt=1)] | None
    """The share of the training sentences that is held out where there is no validation file."""
    types: list[str] | None = None
    """All entity types, in the order of their labels; null means the types of the training split."""


def read_dataset(folder: Path) -> DataSet:
    """Read set.json."""
    return read_settings(DataSet, folder / DESCRIPTION, "fetch")
