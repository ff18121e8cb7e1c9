"""Outputs appear under their final name only when they are whole."""

import errno
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from pipeline.errors import UserError, remake

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""Errors of a disk, a quota, or a limit on files that leaves no room."""
FAULTS, SHOWN = 5, 40
"""Of a file, and characters of a wrong value, that a message repeats."""
Count = Annotated[int, Field(ge=0, lt=2**63)]


def _check_number(value: Any, place: str = "") -> Any:
    if type(value) not in (int, float) or not 0 <= value < 2**63:
        raise ValueError(f"{place}found {_shorten(value)}, expected a number, 0 or more")
    return value


Number = Annotated[Any, AfterValidator(_check_number)]
"""Shapes of what the stages write."""


@contextmanager
def fresh_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder that becomes `path`, replacing what stood there, if the block succeeds.

    If the block fails, `path` is as it was before. A folder left by a killed run is cleared at the next one.
    """
    partial = _partial(path)
    _remove(partial)
    partial.mkdir(parents=True)
    try:
        yield partial
        _replace(partial, path)
    finally:
        _remove(partial)


@contextmanager
def fresh_file(path: Path) -> Iterator[Path]:
    """Yield a free path in the same folder; the file written there becomes `path` if the block succeeds."""
    partial = _partial(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove(partial)
    try:
        yield partial
        os.replace(partial, path)
    finally:
        _remove(partial)


def copy_folder(source: Path, target: Path) -> None:
    """Copy the files of a folder; an `OSError` is that of a file, where shutil.copytree has a list of all."""
    for file in sorted(path for path in source.rglob("*") if path.is_file()):
        copy = target / file.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)


def write_text(path: Path, text: str) -> None:
    """Write a small UTF-8 file with LF line ends, whole or not at all."""
    with fresh_file(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write small JSON, see `json_text`."""
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


def numbers(*needed: str, nested: bool = False) -> Any:
    """The shape of an object of numbers that has these keys at least; further ones may be `nested` in objects."""

    def check(found: dict[str, Any]) -> dict[str, Any]:
        expected: dict[str, Any] = dict.fromkeys(needed)
        for key, value in (expected | found).items():
            is_nested = nested and key not in needed and isinstance(value, dict)
            for number in value.values() if is_nested else [value]:
                _check_number(number, f"{key[:SHOWN]}: ")
        return found

    return Annotated[dict[str, Any], AfterValidator(check)]


def explain(error: ValidationError) -> str:
    """A clause for each of the first faults: where, what was found, what was expected."""
    clauses = [_explain(fault) for fault in error.errors()]
    more = f"; and {len(clauses) - FAULTS} more" if len(clauses) > FAULTS else ""
    return "; ".join(clauses[:FAULTS]) + more


def _explain(fault: Any) -> str:
    if fault["type"] == "json_invalid":
        return f"not valid JSON: {fault['ctx']['error']}"
    place = ".".join(str(part)[:SHOWN] for part in fault["loc"]) or "top level"
    if fault["type"] == "missing":
        return f"{place}: missing"
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "value_error":
        return f"{place}: {message}"
    found = _shorten(fault["input"])
    return f"{place}: found {found}: {message[0].lower()}{message[1:]}"


def _shorten(value: Any) -> str:
    found = repr(value)
    return found if len(found) <= SHOWN else f"{found[:SHOWN]}..."


def need(path: Path, stage: str) -> Path:
    """The path, if it is a file; else a `UserError` that names the stage which makes it."""
    if not path.is_file():
        raise UserError(f"{path}: not found; run the stage that makes it: dvc repro {stage}")
    return path


def _partial(path: Path) -> Path:
    return path.with_name(f".{path.name}.partial")


def _replace(partial: Path, path: Path) -> None:
    # rename() cannot replace a folder that is not empty: the old one steps aside first.
    old = path.with_name(f".{path.name}.old")
    _remove(old)
    if path.exists():
        os.replace(path, old)
    os.replace(partial, path)
    _remove(old)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
