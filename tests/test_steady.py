"""What changes while a long stage runs is noticed at its end."""

from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.steady import steady


def test_nothing_changed(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    with steady(lambda: 1, tmp_path, tmp_path / "a", tmp_path / "missing"):
        (tmp_path / "a").read_text()


def test_settings_changed() -> None:
    values = iter([1, 2])
    with pytest.raises(UserError, match=r"params\.yaml: changed while"), steady(lambda: next(values)):
        pass


@pytest.mark.parametrize("name", ["a", "new"])
def test_an_input_changed(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "input"
    folder.mkdir()
    (folder / "a").write_text("1")
    with pytest.raises(UserError, match="input: changed while"), steady(lambda: 1, folder):
        (folder / name).write_text("22")


def test_the_stage_s_own_error_comes_first(tmp_path: Path) -> None:
    values = iter([1, 2])
    with pytest.raises(ZeroDivisionError), steady(lambda: next(values)):
        1 / 0  # noqa: B018
