"""Small JSON files: equal values are equal bytes, and what is read has the shape that its reader names."""

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from pipeline.errors import SHOWN, UserError, explain, one_line, remake, shown
from pipeline.work.outputs import need, write_text

Count = Annotated[int, Field(ge=0, lt=2**63)]


def _check_number(value: Any, place: str = "") -> Any:
    if type(value) not in (int, float) or not 0 <= value < 2**63:
        raise ValueError(f"{place}found {shown(value)}, expected a number, 0 or more")
    return value


Number = Annotated[Any, AfterValidator(_check_number)]
"""Shapes of what the stages write."""


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write small JSON, see `json_text`, whole or not at all."""
    write_text(path, json_text(value))


def json_text(value: Mapping[str, Any]) -> str:
    """JSON with sorted keys, so that equal values are equal bytes."""
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def read_json(path: Path, shape: Any = Any, stage: str = "") -> Any:
    """Read what `write_json` wrote; a `UserError` names the file, what is not as `shape` has it, and the stage.

    The stage that makes a file is the one of its folder's name, if none is given.
    """
    stage = stage or path.parent.name
    return parse_json(need(path, stage).read_bytes(), str(path), remake(stage), shape)


def parse_json(data: bytes, place: str, advice: str, shape: Any = Any) -> Any:
    """JSON of a shape: any type that pydantic knows. A `UserError` of `place` where it is none, with the advice."""
    try:
        return TypeAdapter(shape).validate_json(data, strict=True)
    except ValidationError as error:
        raise UserError(f"{place}: {explain(error)}; {advice}") from None


def numbers(*needed: str, nested: Collection[str] = (), words: Collection[str] = ()) -> Any:
    """The shape of an object of numbers that has these keys at least.

    Keys in `nested` may have objects of numbers, and keys in `words` texts.
    """

    def check(values: dict[str, Any]) -> dict[str, Any]:
        for key, value in {**dict.fromkeys(needed), **values}.items():
            is_nested = key in nested and isinstance(value, dict)
            if key not in words or not isinstance(value, str):
                for number in value.values() if is_nested else [value]:
                    _check_number(number, f"{one_line(key, SHOWN)}: ")
        return values

    return Annotated[dict[str, Any], AfterValidator(check)]
