"""The base of every block of params.yaml: frozen, and closed to unknown keys and missing ones."""

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.errors import UserError, one_line, remake
from pipeline.outputs import need

Value = TypeVar("Value", bound=Hashable)
Block = TypeVar("Block", bound=BaseModel)

Seed = Annotated[int, Field(strict=True, ge=0, lt=2**63)]
"""What every random number generator in use accepts."""
Switch = Annotated[bool, Field(strict=True)]
FAULTS, SHOWN = 5, 200
"""How many faults of a file are told, and how many characters of a value that is one."""
DEVICE = r"^(auto|cpu|cuda(:\d{1,3})?)$"
"""Names of devices."""


def is_device(name: str) -> str:
    """A validator."""
    if not re.match(DEVICE, name):
        raise ValueError("expected auto, cpu, cuda or cuda:1")
    return name


def each_once(values: list[Value]) -> list[Value]:
    """A validator of lists."""
    if len(set(values)) < len(values):
        raise ValueError("expected each of them once")
    return values


class Settings(BaseModel):
    """A block of params.yaml. No field has a default: params.yaml is the one place where values live."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def read_settings(block: type[Block], path: Path, stage: str) -> Block:
    """Read what a stage has written as JSON; a `UserError` names the file, the key and the stage that makes it."""
    try:
        return block.model_validate_json(need(path, stage).read_bytes())
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(str(part) for part in fault["loc"]) or "top level"
        raise UserError(f"{path}: {place}: {fault['msg']}; {remake(stage)}") from None


def explain(error: ValidationError, block: type[BaseModel]) -> str:
    """A clause for each of the first faults of what should have been a `block`: where, found what, expected what."""
    faults = error.errors(include_url=False, include_context=False)
    faults.sort(key=lambda fault: fault["type"] == "missing")  # a key that is misspelt says what is missing too
    rest = [f"and {len(faults) - FAULTS:,} more"] if len(faults) > FAULTS else []
    return "; ".join([*(_explain(fault, block) for fault in faults[:FAULTS]), *rest])


def _explain(fault: Any, block: type[BaseModel]) -> str:
    place = ".".join(str(part) for part in fault["loc"]) or "top level"
    if fault["type"] in ("extra_forbidden", "missing"):
        fields = _block_at(fault["loc"][:-1], block).model_fields
        required = [name for name, field in fields.items() if field.is_required()]
        if fault["type"] == "missing":
            return f"{place}: missing; required here: {', '.join(required)}"
        return f"{place}: unknown key; valid keys here: {', '.join(fields)}"
    try:
        found = "nothing" if fault["input"] is None else one_line(repr(fault["input"]), SHOWN)
    except ValueError:  # Python prints no more than 4,300 digits, and YAML knows hexadecimal ones
        found = "a number of thousands of digits"
    expected = fault["msg"].removeprefix("Value error, ")
    return f"{place}: found {found}: {expected[0].lower()}{expected[1:]}"


def _block_at(location: tuple[str | int, ...], block: type[BaseModel]) -> type[BaseModel]:
    """The model of the block at `location`; the indices of lists and the names in a table are steps of their own."""
    kind: Any = block
    for part in location:
        # list[X] or dict[str, X], or a block, of which `part` is a key; its annotation may be `X | None`
        kind = get_args(kind)[-1] if get_origin(kind) in (list, dict) else kind.model_fields[part].annotation
        kind = get_args(kind)[0] if type(None) in get_args(kind) else kind
    return kind
