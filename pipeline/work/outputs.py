"""Outputs appear under their final name only when they are whole."""

import json
import os
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

from pydantic import AfterValidator, BaseModel, Field, TypeAdapter, ValidationError

from pipeline.errors import FULL, SHOWN, UserError, one_line, remake, shown

FAULTS = 5
"""Of a file, that a message repeats."""
Count = Annotated[int, Field(ge=0, lt=2**63)]


def _check_number(value: Any, place: str = "") -> Any:
    if type(value) not in (int, float) or not 0 <= value < 2**63:
        raise ValueError(f"{place}found {shown(value)}, expected a number, 0 or more")
    return value


Number = Annotated[Any, AfterValidator(_check_number)]
"""Shapes of what the stages write."""
_checks: list[Callable[[Path], None]] = []


@contextmanager
def checked(check: Callable[[Path], None]) -> Iterator[None]:
    """While the block runs, nothing that `fresh_folder` and `fresh_file` make gets its name before `check(path)`.

    If the check fails, `path` is as it was before.
    """
    _checks.append(check)
    try:
        yield
    finally:
        _checks.remove(check)


@contextmanager
def fresh_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder that becomes `path`, replacing what stood there, if the block succeeds.

    If the block fails, `path` is as it was before. A folder left by a killed run is cleared at the next one. A
    `UserError` if something else has replaced `path` meanwhile: DVC may have brought it back from its cache, and stages
    that read it must not find files of both.
    """
    partial, before = _partial(path), _stamp(path)
    remove(partial)
    remove(_old(path))
    with named(path):
        partial.mkdir(parents=True)
        try:
            yield partial
            if _stamp(path) not in (None, before):
                raise UserError(f"{path}: was replaced while this stage ran, and stays as it is now; run dvc repro")
            _check(path)
            _replace(partial, path)
        finally:
            remove(partial)


@contextmanager
def fresh_file(path: Path) -> Iterator[Path]:
    """Yield a free path in the same folder; the file written there becomes `path` if the block succeeds."""
    partial = _partial(path)
    with named(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        remove(partial)
        try:
            yield partial
            _check(path)
            os.replace(partial, path)
        finally:
            remove(partial)


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Have the error of a full disk name the path: a write that fails does not say where."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL and not error.filename:
            error.filename = str(path)
        raise


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


def numbers(*needed: str, nested: Collection[str] = (), words: Collection[str] = ()) -> Any:
    """The shape of an object of numbers that has these keys at least.

    Keys in `nested` may have objects of numbers, and keys in `words` texts.
    """

    def check(found: dict[str, Any]) -> dict[str, Any]:
        expected: dict[str, Any] = dict.fromkeys(needed)
        for key, value in (expected | found).items():
            if key in words and isinstance(value, str):
                continue
            is_nested = key in nested and isinstance(value, dict)
            for number in value.values() if is_nested else [value]:
                _check_number(number, f"{one_line(key, SHOWN)}: ")
        return found

    return Annotated[dict[str, Any], AfterValidator(check)]


def explain(error: ValidationError, block: type[BaseModel] | None = None) -> str:
    """A clause for each of the first faults: where, what was found, what was expected; `block` says which keys are."""
    faults = error.errors(include_url=False)
    faults.sort(key=lambda fault: fault["type"] == "missing")  # a key that is misspelt says what is missing too
    rest = [f"and {len(faults) - FAULTS:,} more"] if len(faults) > FAULTS else []
    return "; ".join([*(_explain(fault, block) for fault in faults[:FAULTS]), *rest])


def _explain(fault: Any, block: type[BaseModel] | None) -> str:
    kind, message = fault["type"], fault["msg"].removeprefix("Value error, ")
    if kind == "json_invalid":
        return f"not valid JSON: {fault['ctx']['error']}"
    place = ".".join(one_line(str(part), SHOWN) for part in fault["loc"]) or "top level"
    if kind in ("missing", "extra_forbidden"):
        fields = _block_at(fault["loc"][:-1], block).model_fields if block else {}
        if kind == "missing":
            required = ", ".join(name for name, field in fields.items() if field.is_required())
            return f"{place}: missing" + (f"; required here: {required}" if required else "")
        return f"{place}: unknown key" + (f"; valid keys here: {', '.join(fields)}" if fields else "")
    if kind == "value_error" and not block:  # it says itself what was found
        return f"{place}: {message}"
    found = "nothing" if fault["input"] is None else shown(fault["input"])
    return f"{place}: found {found}: {message[0].lower()}{message[1:]}"


def _block_at(location: tuple[str | int, ...], block: type[BaseModel]) -> type[BaseModel]:
    """The model of the block at `location`; the indices of lists and the names in a table are steps of their own."""
    kind: Any = block
    for part in location:
        # list[X] or dict[str, X], or a block, of which `part` is a key; its annotation may be `X | None`
        kind = get_args(kind)[-1] if get_origin(kind) in (list, dict) else kind.model_fields[part].annotation
        kind = get_args(kind)[0] if type(None) in get_args(kind) else kind
    return kind


def need(path: Path, stage: str) -> Path:
    """The path, if it is a file; else a `UserError` that names the stage which makes it."""
    if not path.is_file():
        raise UserError(f"{path}: not found; run the stage that makes it: dvc repro {stage}")
    return path


def remove(path: Path) -> None:
    """Remove a file, a link or a folder with all that is in it; nothing if it is not there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _check(path: Path) -> None:
    for check in _checks:
        check(path)


def _partial(path: Path) -> Path:
    return path.with_name(f".{path.name}.partial")


def _old(path: Path) -> Path:
    return path.with_name(f".{path.name}.old")


def _stamp(path: Path) -> tuple[int, int] | None:
    """What tells a folder from another one in its place."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns


def _replace(partial: Path, path: Path) -> None:
    # rename() cannot replace a folder that is not empty: the old one steps aside first.
    old = _old(path)
    if path.exists():
        os.replace(path, old)
    os.replace(partial, path)
    remove(old)
