"""The base of every block of params.yaml and of manifests: frozen, and closed to unknown keys."""

from collections.abc import Hashable
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from pipeline.files.json import read_json

Value = TypeVar("Value", bound=Hashable)
Block = TypeVar("Block", bound=BaseModel)

Seed = Annotated[int, Field(strict=True, ge=0, lt=2**63)]
"""A seed that every random number generator in use accepts."""
Switch = Annotated[bool, Field(strict=True)]


def each_once(values: list[Value]) -> list[Value]:
    """Validate that a list has no value twice."""
    if len(set(values)) < len(values):
        raise ValueError("expected each of them once")
    return values


def rising(values: list[float]) -> list[float]:
    """Validate that each number of a list is larger than the one before it."""
    if values != sorted(set(values)):
        raise ValueError("expected rising numbers")
    return values


class Settings(BaseModel):
    """A block of params.yaml, which gives every field a value, or of a manifest."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def read_settings(block: type[Block], path: Path, stage: str) -> Block:
    """Read what a stage has written as JSON; a `UserError` names the file, the key and the stage that makes it."""
    settings: Block = read_json(path, block, stage)
    return settings
