"""Outputs are whole or they are not there."""

import errno
import resource
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.files.json import numbers, parse_json, read_json, write_json
from pipeline.work.outputs import copy_folder, fresh_file, fresh_folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


@contextmanager
def full_disk() -> Iterator[None]:
    """Files may not grow beyond 1,000 bytes, nor is bytecode of what is imported meanwhile written and cut short."""
    limits, unwritten = resource.getrlimit(resource.RLIMIT_FSIZE), sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        sys.dont_write_bytecode = unwritten


def test_a_folder_is_replaced_or_left(tmp_path: Path) -> None:
    with fresh_folder(tmp_path / "out") as folder:
        (folder / "old").touch()
    with pytest.raises(ValueError), fresh_folder(tmp_path / "out") as folder:
        (folder / "new").touch()
        raise ValueError
    assert names(tmp_path) == ["old", "out"]
    for leftover in (".out.partial", ".out.old"):  # of a killed run
        (tmp_path / leftover).mkdir()
        (tmp_path / leftover / "half").touch()
    with fresh_folder(tmp_path / "out") as folder:
        (folder / "new").touch()
    assert names(tmp_path) == ["new", "out"]


def test_a_file_is_replaced_or_left(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"b": 1, "a": "я"})
    with pytest.raises(ValueError), fresh_file(tmp_path / "a.json") as partial:
        partial.write_text("half")
        raise ValueError
    assert names(tmp_path) == ["a.json"] and read_json(tmp_path / "a.json") == {"a": "я", "b": 1}
    assert (tmp_path / "a.json").read_text(encoding="utf-8").index('"a"') < 6, "keys are sorted"


def test_a_file_does_not_replace_a_folder(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    with pytest.raises(IsADirectoryError), fresh_file(tmp_path / "out") as partial:
        partial.touch()
    assert names(tmp_path) == ["mine", "out"]


def test_a_copy_has_all_files_and_an_error_is_of_one(tmp_path: Path) -> None:
    (tmp_path / "a" / "deep").mkdir(parents=True)
    (tmp_path / "a" / "deep" / "large").write_bytes(b"x" * 100_000)
    (tmp_path / "a" / "small").write_bytes(b"y")
    copy_folder(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b" / "deep" / "large").read_bytes() == b"x" * 100_000 and (tmp_path / "b" / "small").is_file()
    with full_disk(), pytest.raises(OSError) as raised:
        copy_folder(tmp_path / "a", tmp_path / "c")
    assert raised.value.errno == errno.EFBIG and str(raised.value.filename).endswith("deep/large")


@pytest.mark.parametrize("content", [["old"], []])
def test_a_folder_that_something_else_has_put_there_meanwhile_stays(content: list[str], tmp_path: Path) -> None:
    """As DVC does, which brings outputs back from its cache where a stage outlives the dvc that started it."""
    for name in content:
        with fresh_folder(tmp_path / "out") as folder:
            (folder / name).touch()
    with pytest.raises(UserError, match="out: was replaced while"), fresh_folder(tmp_path / "out") as folder:
        (folder / "old").touch()
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "new").touch()
    assert names(tmp_path) == ["new", "out"]
    with fresh_folder(tmp_path / "out") as folder:  # removed, as before every run of a stage: it may be put there
        shutil.rmtree(tmp_path / "out")
        (folder / "newest").touch()
    assert names(tmp_path) == ["newest", "out"]


def write_table(path: Path, content: bytes) -> None:
    import pandas as pd

    pd.DataFrame({"a": [content.decode()]}).to_csv(path)


@pytest.mark.parametrize("write", [Path.write_bytes, write_table])
def test_a_full_disk_is_said_of_a_file_that_is_to_be(write: Callable[[Path, bytes], None], tmp_path: Path) -> None:
    for path, fresh in ((tmp_path / "out", fresh_folder), (tmp_path / "b.csv", fresh_file)):
        with full_disk(), pytest.raises(OSError) as raised, fresh(path) as partial:
            write(partial / "a" if partial.is_dir() else partial, b"x" * 100_000)
        assert raised.value.filename == str(path)
    assert names(tmp_path) == []


def test_a_count_is_a_number_wherever_it_stands() -> None:
    shape = numbers("a", nested=("types",), words=("scheme",))
    good = b'{"a": 1, "b": 0.5, "scheme": "BIO", "types": {"LOC": 2}}'
    assert parse_json(good, "counts.json", "run", shape)["types"] == {"LOC": 2}
    for bad in ('"a": 1, "b": {}', '"a": {"b": 1}', '"a": 1, "types": {"LOC": {}}', '"b": 1', '"a": true'):
        with pytest.raises(UserError, match=r"counts.json: .*expected a number, 0 or more; run"):
            parse_json(f"{{{bad}}}".encode(), "counts.json", "run", shape)
