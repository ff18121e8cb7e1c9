"""The name of what a result depends on changes when that changes, and only then."""

from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.provenance.fingerprint import fingerprint


def test_the_key_is_of_contents_names_and_order(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        (folder / "deep").mkdir(parents=True)
        (folder / "deep" / "weights").write_text("1")
        (folder / "config").write_text("2")
    key = fingerprint({}, one)
    assert fingerprint({}, two) == key
    (two / "deep" / "__pycache__").mkdir()
    (two / "deep" / "__pycache__" / "x.pyc").write_text("3")
    assert fingerprint({}, two) == key
    (two / "config").rename(two / "settings")
    assert fingerprint({}, two) != key
    (two / "settings").rename(two / "config")
    (two / "deep" / "weights").write_text("9")
    assert fingerprint({}, two) != key
    assert fingerprint({}, one, two) != fingerprint({}, two, one)


def test_the_key_of_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nowhere: not found; run the stage"):
        fingerprint({}, tmp_path / "nowhere")


def test_the_key_knows_the_settings() -> None:
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})
