"""set.json, which stage fetch writes next to the files of a published data set.

{"format": "wikineural",
 "files": {"train": "train.conllu.gz", "validation": null, "test": "test.conllu.gz"},
 "holdout": 0.1,
 "types": null}

A split that is put together from several files, or whose types are mapped, has a list that describes them:

 "files": {"train": [{"file": "train.0.conll", "format": "wikineural", "map": {"MISC": "O"}}, ...], ...}
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from pipeline.files.settings import Settings, read_settings

DESCRIPTION = "set.json"


class Part(Settings):
    """A file, and how it is read."""

    file: str
    """A name in the folder; `.gz` is read as gzip."""
    format: str
    """One of `pipeline.ner.data.formats.FORMATS`."""
    map: dict[str, str]
    """Types of the file, with the types that they become; O leaves their entities out."""


class DataSet(Settings):
    """set.json; stage fetch has checked the manifest from which it is made."""

    format: str
    """One of `pipeline.ner.data.formats.FORMATS`."""
    files: dict[Literal["train", "validation", "test"], str | list[Part] | None]
    """Names of files in the folder; `.gz` is read as gzip."""
    holdout: Annotated[float, Field(gt=0, lt=1)] | None
    """The share of the training sentences that is held out where there is no validation file."""
    types: list[str] | None = None
    """All entity types, in the order of their labels; null means the types of the training split."""

    @property
    def parts(self) -> dict[str, Part]:
        """All files by name: `train`, or `train.0`, `train.1` ... if a list describes them, and so for the others."""
        parts = dict[str, Part]()
        for split, file in self.files.items():
            if isinstance(file, list):
                parts |= {f"{split}.{number}": part for number, part in enumerate(file)}
            elif file:
                parts[split] = Part(file=file, format=self.format, map={})
        return parts


def read_dataset(folder: Path) -> DataSet:
    """Read set.json."""
    return read_settings(DataSet, folder / DESCRIPTION, "fetch")
