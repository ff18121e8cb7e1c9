"""Damages files of the stages as disks, editors and merges do; seeded, so that each damage can be repeated."""

import json
import random
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from pipeline.errors import LONGEST, UserError

Damage = tuple[str, bytes]
"""What was done, and the bytes that came of it."""

WRONG = [None, True, -1, 0, 0.5, 1e308, float("nan"), 10**30, "", "$x_{y}^2\\$", "x" * 100_000, [], {}, [[1]], {"a": 1}]
"""Values that take the place of another."""
CELLS = ["", "x", "-1", "nan", "inf", "1e308", "1" * 5000, "\0", '"', "a,b", "mean", "$_^{\\"]
"""Cells that take the place of another."""


def faults(read: Callable[[], object], top: Path, patterns: list[str], number: int, step: int = 1) -> Iterator[str]:
    """Damage every `step`-th file that is read in `number` ways, read it each time, and yield each fault.

    A fault is an exception that is no `UserError`, or a message that is long or does not name the file.
    """
    read()
    files = sorted({path for pattern in patterns for path in top.glob(pattern) if path.is_file()})
    assert len(files) >= 3
    for path in files[::step]:
        whole = path.read_bytes()
        # Weights that overflow are named by their model, and sentences that fit no predictions by their split.
        names = (path.name, str(path.parent.relative_to(top)), "language model: found", "tagger: found", "test split")
        for way, damaged in islice(damage(path, random.Random(f"{number} {path.name}")), number):
            path.write_bytes(damaged)
            try:
                read()
            except UserError as error:
                line = str(error)
                if len(line) > LONGEST or "\n" in line or not any(name in line for name in names):
                    yield f"{path.relative_to(top)}, {way}: {line[:900]}"
            except Exception as error:
                yield f"{path.relative_to(top)}, {way}: {type(error).__name__}: {str(error)[:200]}"
        path.write_bytes(whole)


def damage(path: Path, chance: random.Random) -> Iterator[Damage]:
    """Yield ways in which the file may be damaged, without end."""
    data = path.read_bytes()
    ways: list[Callable[[bytes, random.Random], Damage]] = [_cut, _flip, _insert, _repeat]
    if path.suffix == ".json":
        ways += [_top, _value, _value, _value, _key, _deep]
    if path.suffix in (".csv", ".tsv", ".txt"):
        ways += [_line, _cell, _cell]
    while True:
        yield chance.choice(ways)(data, chance)


def _cut(data: bytes, chance: random.Random) -> Damage:
    size = chance.choice([0, 1, len(data) // 2, len(data) - 1, chance.randrange(len(data) + 1)])
    return f"cut to {size}", data[:size]


def _flip(data: bytes, chance: random.Random) -> Damage:
    changed = bytearray(data or b"x")
    for _ in range(chance.choice([1, 1, 8])):
        changed[chance.randrange(min(len(changed), chance.choice([64, 4096, 2**62])))] = chance.randrange(256)
    return "other bytes", bytes(changed)


def _insert(data: bytes, chance: random.Random) -> Damage:
    marks = [b"\xff\xfe", b"\0" * 16, b"\n", b"\t", b"\r", b"<<<<<<< HEAD\n", b"\xef\xbb\xbf", b"9" * 5000]
    mark = chance.choice(marks)
    at = chance.choice([0, len(data), chance.randrange(len(data) + 1)])
    return f"{mark[:16]!r} at {at}", data[:at] + mark + data[at:]


def _repeat(data: bytes, chance: random.Random) -> Damage:
    lines = data.splitlines(keepends=True)
    number = chance.randrange(len(lines) + 1)
    return f"line {number} twice", b"".join(lines[:number] + lines[max(number - 1, 0) :])


def _top(data: bytes, chance: random.Random) -> Damage:
    value = chance.choice([*WRONG, json.loads(data) and [json.loads(data)]])
    return f"top level {str(value)[:40]}", json.dumps(value).encode()


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield (*path, key)
        yield from _paths(inner, (*path, key))


def _edit(data: bytes, chance: random.Random, edit: Callable[[Any, Any], None]) -> Damage:
    value = json.loads(data)
    paths = [*_paths(value)]
    if not paths:
        return _top(data, chance)
    *way, key = chance.choice(paths)
    block = value
    for part in way:
        block = block[part]
    edit(block, key)
    return f"{'.'.join(map(str, [*way, key]))} edited", json.dumps(value, ensure_ascii=False).encode()


def _value(data: bytes, chance: random.Random) -> Damage:
    wrong = chance.choice(WRONG)
    edited, damaged = _edit(data, chance, lambda block, key: block.__setitem__(key, wrong))
    return f"{edited} to {str(wrong)[:40]}", damaged


def _key(data: bytes, chance: random.Random) -> Damage:
    edited, damaged = _edit(data, chance, lambda block, key: block.__delitem__(key))
    return f"{edited} out", damaged


def _deep(data: bytes, chance: random.Random) -> Damage:
    return "nested deeply", chance.choice([b"[", b'{"a":']) * 100_000


def _line(data: bytes, chance: random.Random) -> Damage:
    lines = data.splitlines(keepends=True) or [b""]
    number = chance.randrange(len(lines))
    return f"line {number} out", b"".join(lines[:number] + lines[number + 1 :])


def _cell(data: bytes, chance: random.Random) -> Damage:
    lines = data.split(b"\n")
    number = chance.randrange(len(lines))
    mark = b"," if b"," in lines[0] else b"\t" if b"\t" in lines[number] else b" "
    cells = lines[number].split(mark)
    cell = chance.choice(CELLS)
    cells[chance.randrange(len(cells))] = cell.encode()
    lines[number] = mark.join(cells)
    return f"line {number}: a cell {cell[:20]!r}", b"\n".join(lines)
