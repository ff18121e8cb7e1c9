"""Small JSON files: equal values are written as equal bytes, and a reader names the shape that it expects."""

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from pipeline.errors import SHOWN, UserError, explain, one_line, remake, shown
from pipeline.work.outputs import need, write_text

MACHINE = "machine"
"""The key, in metrics files, of the machine that they were computed on."""


def _check_number(value: Any, key: str = "") -> Any:
    if type(value) not in (int, float) or not 0 <= value < 2**63:
        raise ValueError(f"{key}found {shown(value)}, expected a number, 0 or more")
    return value


Count = Annotated[int, Field(ge=0, lt=2**63)]
Number = Annotated[Any, AfterValidator(_check_number)]


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write small JSON, see `json_text`, whole or not at all."""
    write_text(path, json_text(value))


def json_text(value: Mapping[str, Any]) -> str:
    """JSON with sorted keys, so that equal values are equal bytes."""
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def write_metrics(path: Path, values: Mapping[str, Any], machine: Mapping[str, str]) -> None:
    """Write results, and the `machine` (`pipeline.machine.describe`) as strings: DVC takes numbers for results."""
    write_json(path, {**values, MACHINE: dict(machine)})


def write_cost(path: Path, name: str, cpu_seconds: float, machine: Mapping[str, str]) -> None:
    """Write what a training has taken of a processor, in minutes under its name, and on what machine."""
    write_metrics(path, {name: {"cpu_minutes": round(cpu_seconds / 60, 3)}}, machine)


def read_json(path: Path, shape: Any = Any, stage: str = "") -> Any:
    """Read what `write_json` wrote; a `UserError` names the file, what differs from `shape`, and the stage to rerun.

    If no stage is given, it is the one that the folder is named after.
    """
    stage = stage or path.parent.name
    return parse_json(need(path, stage).read_bytes(), str(path), remake(stage), shape)


def read_key(path: Path, key: str, shape: Any, stage: str) -> Any:
    """Read one key of such a file, whose value has this shape."""
    of_key = TypedDict("of_key", {key: shape})  # type: ignore[misc]  # a key of this name
    return read_json(path, of_key, stage)[key]


def parse_json(data: bytes, name: str, advice: str, shape: Any = Any) -> Any:
    """Parse JSON of a shape, any type that pydantic knows; a `UserError` has the name, the fault and the advice."""
    try:
        return TypeAdapter(shape).validate_json(data, strict=True)
    except ValidationError as error:
        raise UserError(f"{name}: {explain(error)}; {advice}") from None


def numbers(*needed: str, nested: Collection[str] = (), words: Collection[str] = ()) -> Any:
    """The shape of an object of numbers with at least these keys.

    The values of keys in `nested` may be objects of numbers, and those of keys in `words` may be strings.
    """

    def check(values: dict[str, Any]) -> dict[str, Any]:
        for key, value in {**dict.fromkeys(needed), **values}.items():
            is_nested = key in nested and isinstance(value, dict)
            if key not in words or not isinstance(value, str):
                for number in value.values() if is_nested else [value]:
                    _check_number(number, f"{one_line(key, SHOWN)}: ")
        return values

    return Annotated[dict[str, Any], AfterValidator(check)]
