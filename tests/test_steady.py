"""What changes while a long stage runs is noticed before its outputs get their names."""

from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.work.steady import Steady


def test_nothing_changed(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    steady = Steady(lambda: 1, tmp_path, tmp_path / "a", tmp_path / "missing")
    (tmp_path / "a").read_text()
    steady.confirm()


def test_settings_changed() -> None:
    values = iter([1, 2])
    steady = Steady(lambda: next(values))
    with pytest.raises(UserError, match=r"params\.yaml or the code: changed while"):
        steady.confirm()


@pytest.mark.parametrize("name", ["a", "new"])
def test_an_input_changed(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "input"
    folder.mkdir()
    (folder / "a").write_text("1")
    steady = Steady(lambda: 1, folder)
    (folder / name).write_text("22")
    with pytest.raises(UserError, match="input: changed while"):
        steady.confirm()
