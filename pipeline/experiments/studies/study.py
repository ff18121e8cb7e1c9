"""A study as studies/<name>.yaml says it: settings that all rows share, and a few for each row.

    question: Do capitals pay?
    base: {scale: local}
    rows:
      with capitals: {protocol.lowercase: false}
      lower case: {protocol.lowercase: true}

A setting is a dotted key of params.yaml. Where a study has `columns`, each row is run once with the settings of each.
"""

import copy
import json
import re
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, Field, ValidationError

from pipeline.errors import UserError, explain, printable, shown
from pipeline.files.settings import Settings
from pipeline.files.yaml import read_yaml
from pipeline.params import PARAMS, Params, check_params

FOLDER = Path("studies")

ALL = "all"
"""The column of a study that names none."""

KEY = re.compile(r"[A-Za-z_][\w-]*(\.[\w-]+)*", re.ASCII)
"""Keys that DVC's `--set-param` can set."""
PLAIN = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)
"""Words that need no quotes there."""

Json = dict[str, Any]


def _one_line(text: str) -> str:
    if not text or text != printable(text.strip(), "\xa0"):
        raise ValueError("expected a line of text, without spaces at its ends")
    return text


def _no_bar(name: str) -> str:
    if "|" in name:
        raise ValueError("expected a name without bars, since it stands in tables")
    return name


Line = Annotated[str, AfterValidator(_one_line)]
Name = Annotated[Line, AfterValidator(_no_bar)]


class Claim(Settings):
    """That the entity F1 of one row is higher than that of another; `claims` says whether it is."""

    worse: Name
    better: Name
    column: Name | None = None
    """The first one unless it is named."""


class Study(Settings):
    """studies/<name>.yaml."""

    question: Line
    """The title of the page."""
    base: Json = Field(default_factory=dict)
    """Settings of all rows, by dotted key of params.yaml, whose other values stand as they are."""
    columns: Annotated[dict[Name, Json], Field(min_length=1)] = Field(default={ALL: {}})
    """Settings under which every row is run, by the name of a column of the results."""
    rows: Annotated[dict[Name, Json], Field(min_length=1)]
    """Settings of each row over those of the base and the column."""
    cells: dict[Name, dict[Name, Json]] = Field(default_factory=dict)
    """Settings of single experiments, by row and column, over those of both."""
    baseline: Name | None = None
    """The row with which the others are compared; without one, all pairs of rows are."""
    picture: Literal["scores", "cost", "curves", "tokens", "typos"] = "scores"
    """The one that stands beneath the first finding; `scores` until it has something to show."""
    findings: list[str] = Field(default_factory=list)
    """What came out, a sentence each, in which templates stand for numbers, see `findings`."""
    claims: dict[Name, Claim] = Field(default_factory=dict)
    """What others say, such as the paper, and the rows that test it; by a sentence each."""

    @property
    def first_column(self) -> str:
        """The one that is meant where none is named."""
        return next(iter(self.columns))

    def title(self, row: str, column: str) -> str:
        """Return the name of an experiment for people; a column that is the only one is left out."""
        return row if len(self.columns) == 1 else f"{row}, {column}"


class Cell(NamedTuple):
    """One experiment of a study."""

    row: str
    column: str
    settings: Json
    """What the study sets, by dotted key."""
    values: Json
    """params.yaml with these settings, as data."""
    params: Params


def list_studies(folder: Path = FOLDER) -> list[str]:
    """Return the names of all studies, sorted; without any, a `UserError` says where to look for them."""
    if not (names := sorted(path.stem for path in folder.glob("*.yaml"))):
        raise UserError(f"found no {folder}/*.yaml; run from the top of the repository")
    return names


def read_study(name: str, folder: Path = FOLDER) -> Study:
    """Read a study; a `UserError` names the file, the key, what was found and what is valid."""
    path = folder / f"{name}.yaml"
    if name not in (names := list_studies(folder)):
        raise UserError(f"found no study {name!r}; in {folder}: {', '.join(names)}")
    try:
        study = Study.model_validate(read_yaml(path))
    except ValidationError as error:
        raise UserError(f"{path}: {explain(error, Study)}") from None
    for row, of_row in study.cells.items():
        _check_name(row, study.rows, f"{path}: cells: found row")
        for column in of_row:
            _check_name(column, study.columns, f"{path}: cells: found column")
    if study.baseline is not None:
        _check_name(study.baseline, study.rows, f"{path}: baseline: found")
    for says, claim in study.claims.items():
        origin = f"{path}: claims: {says}"
        for row in (claim.worse, claim.better):
            _check_name(row, study.rows, f"{origin}: found row")
        if claim.column is not None:
            _check_name(claim.column, study.columns, f"{origin}: found column")
        if (claim.worse == claim.better) or study.baseline not in (None, claim.worse, claim.better):
            raise UserError(f"{origin}: found {claim.worse} and {claim.better}, which the study does not compare")
    return study


def _check_name(name: str, names: Iterable[str], found: str) -> None:
    if name not in (names := [*names]):
        raise UserError(f"{found} {shown(name)}, expected one of {', '.join(names)}")


def list_cells(study: Study, name: str, values: Json) -> list[Cell]:
    """Return the experiments of a study, row by row; `values` are those of params.yaml.

    A `UserError` names the row with a setting that params.yaml does not have, or with a value that is not valid there,
    or two rows that are the same.
    """
    cells = []
    for row, of_row in study.rows.items():
        for column, of_column in study.columns.items():
            settings = study.base | of_column | of_row | study.cells.get(row, {}).get(column, {})
            origin = f"{FOLDER / name}.yaml: {study.title(row, column)}"
            changed = copy.deepcopy(values)
            for key, value in settings.items():
                _set(changed, key, value, origin)
            cells.append(Cell(row, column, settings, changed, check_params(changed, Path(origin))))
    values_of = {row: [cell.values for cell in cells if cell.row == row] for row in study.rows}
    for one, other in combinations(study.rows, 2):
        if values_of[one] == values_of[other]:
            raise UserError(f"{FOLDER / name}.yaml: rows: {one} and {other} have the same settings; keep one of them")
    return cells


def encode(value: Any) -> str:
    """Write a value as DVC's `--set-param` reads it back: in the grammar of Hydra, which is not quite JSON.

    A word is bare. In quotes a backslash is itself, unless it stands before a quote.
    """
    if isinstance(value, list):
        return f"[{', '.join(map(encode, value))}]"
    if not isinstance(value, str):
        return json.dumps(value)
    if PLAIN.fullmatch(value) and value.lower() not in ("true", "false", "null", "nan", "inf"):
        return value
    quoted = re.sub(r'(\\*)("|$)', lambda match: 2 * match[1] + match[2].replace('"', r"\""), value)
    return f'"{quoted}"'


def _set(values: Json, key: str, value: Any, origin: str) -> None:
    *blocks, last = key.split(".")
    block: Any = values
    for name in blocks:
        block = block.get(name) if isinstance(block, dict) else None
    if not isinstance(block, dict) or last not in block:
        raise UserError(f"{origin}: found setting {shown(key)}, which {PARAMS} does not have; give a dotted key of it")
    if not KEY.fullmatch(key):
        raise UserError(f"{origin}: found setting {shown(key)}, which DVC cannot set; name it in ASCII, without spaces")
    if isinstance(value, dict):  # DVC would add it to the block instead
        raise UserError(f"{origin}: {key}: found a block, expected a value; give each value by its dotted key")
    block[last] = value
