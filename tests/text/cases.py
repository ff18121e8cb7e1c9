"""Cases that are data: drawn mark-up in .txt files, pieces of hostile text in pieces.yaml."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.files.yaml import read_yaml

HERE = Path(__file__).parent
PIECES: dict[str, list[str]] = read_yaml(HERE / "pieces.yaml")


def drawn_cases(name: str) -> list[Any]:
    """Return a parameter set for every line `text => expected` of a file; ↵ is a line end, and # begins a comment."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    cases = [line.replace("↵", "\n").split(" =>") for line in lines if line and not line.startswith("# ")]
    return [pytest.param(text, expected.removeprefix(" "), id=text[:30]) for text, expected in cases]
