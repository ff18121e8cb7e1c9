"""The name of what a result depends on changes when that changes, and only then."""

from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.provenance.fingerprint import fingerprint


def test_the_key_is_the_content(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "deep").mkdir(parents=True)
        (tmp_path / name / "deep" / "weights").write_text("1")
        (tmp_path / name / "config").write_text("2")
    one, two = (fingerprint({}, tmp_path / name) for name in ("one", "two"))
    assert one == two
    (tmp_path / "two" / "deep" / "__pycache__").mkdir()
    (tmp_path / "two" / "deep" / "__pycache__" / "x.pyc").write_text("3")
    assert fingerprint({}, tmp_path / "two") == one
    (tmp_path / "two" / "deep" / "weights").write_text("9")
    assert fingerprint({}, tmp_path / "two") != one


def test_the_key_knows_names_and_order(tmp_path: Path) -> None:
    for name, text in (("a", "1"), ("b", "2")):
        (tmp_path / "folder").mkdir(exist_ok=True)
        (tmp_path / "folder" / name).write_text(text)
    a, b = tmp_path / "folder" / "a", tmp_path / "folder" / "b"
    before = fingerprint({}, tmp_path / "folder")
    assert fingerprint({}, a, b) != fingerprint({}, b, a)
    a.rename(tmp_path / "folder" / "c")
    assert fingerprint({}, tmp_path / "folder") != before


def test_the_key_of_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nowhere: not found; run the stage"):
        fingerprint({}, tmp_path / "nowhere")


def test_the_key_knows_the_settings() -> None:
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})
