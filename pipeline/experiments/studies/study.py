"""A study as studies/<name>.yaml says it: settings that all rows share, and a few for each row.

    question: Do capitals pay?
    base: {scale: local}
    rows:
      with capitals: {protocol.lowercase: false}
      lower case: {protocol.lowercase: true}

A setting is a dotted key of params.yaml. Where a study has `columns`, each row is run once with the settings of each.
"""

import copy
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import Field, ValidationError, model_validator

from pipeline.errors import UserError, explain, shown
from pipeline.files.settings import Settings
from pipeline.files.yaml import read_yaml
from pipeline.params import PARAMS, Params, check_params

FOLDER = Path("studies")

ALL = "all"
"""The column of a study that names none."""

Json = dict[str, Any]
Name = Annotated[str, Field(pattern=r"^[^\s\p{C}|](?:[^\p{C}|]*[^\s\p{C}|])?$")]
"""A name that is shown in tables: one line, without bars and without spaces at its ends."""


class Study(Settings):
    """studies/<name>.yaml."""

    question: Annotated[str, Field(min_length=1)]
    """The title of the page."""
    base: Json = Field(default_factory=dict)
    """Settings of all rows, by dotted key of params.yaml, whose other values stand as they are."""
    columns: Annotated[dict[Name, Json], Field(min_length=1)] = Field(default={ALL: {}})
    """Settings under which every row is run, by the name of a column of the results."""
    rows: Annotated[dict[Name, Json], Field(min_length=1)]
    """Settings of each row over those of the base and the column."""
    baseline: Name | None = None
    """The row with which the others are compared; without one, all pairs of rows are."""
    findings: list[str] = Field(default_factory=list)
    """What came out, a sentence each, in which templates stand for numbers, see `findings`."""

    @model_validator(mode="after")
    def _baseline_is_a_row(self) -> "Study":
        if self.baseline is not None and self.baseline not in self.rows:
            raise ValueError(f"baseline: found {self.baseline!r}, expected one of {', '.join(self.rows)}")
        return self


class Cell(NamedTuple):
    """One experiment of a study."""

    row: str
    column: str
    settings: Json
    """What differs from params.yaml, by dotted key."""
    values: Json
    """params.yaml with these settings, as data."""
    params: Params


def list_studies(folder: Path = FOLDER) -> list[str]:
    """Return the names of all studies, sorted."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


def read_study(name: str, folder: Path = FOLDER) -> Study:
    """Read a study; a `UserError` names the file, the key, what was found and what is valid."""
    path = folder / f"{name}.yaml"
    if name not in list_studies(folder):
        raise UserError(f"found no study {name!r}; in {folder}: {', '.join(list_studies(folder)) or 'none'}")
    try:
        return Study.model_validate(read_yaml(path))
    except ValidationError as error:
        raise UserError(f"{path}: {explain(error, Study)}") from None


def list_cells(study: Study, name: str, values: Json) -> list[Cell]:
    """Return the experiments of a study, row by row; `values` are those of params.yaml.

    A `UserError` names the row with a setting that params.yaml does not have, or with a value that is not valid there.
    """
    cells = []
    for row, own in study.rows.items():
        for column, shared in study.columns.items():
            settings = study.base | shared | own
            origin = f"{FOLDER / name}.yaml: {row}" + (f", {column}" if len(study.columns) > 1 else "")
            changed = copy.deepcopy(values)
            for key, value in settings.items():
                _set(changed, key, value, origin)
            cells.append(Cell(row, column, settings, changed, check_params(changed, Path(origin))))
    return cells


def _set(values: Json, key: str, value: Any, origin: str) -> None:
    *blocks, last = key.split(".")
    block: Any = values
    for name in blocks:
        block = block.get(name) if isinstance(block, dict) else None
    if not isinstance(block, dict) or last not in block:
        raise UserError(f"{origin}: found setting {shown(key)}, which {PARAMS} does not have; give a dotted key of it")
    block[last] = value
