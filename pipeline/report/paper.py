"""The numbers of the paper's tables, which are in paper.yaml, and the names of its data sets."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from pipeline.files.yaml import read_yaml


class Model(NamedTuple):
    """A row of Table 2 or 3. F1 is by data set; the last three are only in Table 3."""

    name: str
    layers: int
    parameters_m: float
    f1: dict[str, float]
    hidden: int | None = None
    epochs: int | None = None
    tokens_m: int | None = None


_PAPER = read_yaml(Path(__file__).with_name("paper.yaml"))
SETS: dict[str, str] = _PAPER["sets"]
SPLITS: dict[str, dict[str, dict[str, int]]] = _PAPER["table_1"]
MODELS, LARGE_MODELS = ({arch: Model(**row) for arch, row in _PAPER[key].items()} for key in ("table_2", "table_3"))


def set_name(name: str) -> str:
    """The published name of a data set, or the name it has here."""
    return SETS.get(name, name)


def order_sets(names: Iterable[str]) -> list[str]:
    """Data sets in the paper's order, others after them by name."""
    names = {*names}
    return [*(name for name in SETS if name in names), *sorted(names - SETS.keys())]
