"""What the paper says: "Comparison of ELMO-based models on the named entity recognition task"."""

from collections.abc import Iterable
from typing import NamedTuple

SETS = {"wikineural": "WikiNEuRal", "multiconer": "MultiCoNER"}
"""Published names of the data sets, in the paper's order."""


class Model(NamedTuple):
    """A row of Table 2. Its F1 is token F1, weighted by support, without O: our `token_f1`."""

    name: str
    layers: int
    parameters_m: float
    f1: dict[str, float]
    """By data set."""


class Sentences(NamedTuple):
    """Sentences of a split: what Table 1 says, and what the published files hold."""

    table: int
    files: int


MODELS = {
    "lstm": Model("CharCNN + LSTM", 2, 30.0, {"wikineural": 0.685, "multiconer": 0.348}),
    "gru": Model("CharCNN + GRU", 2, 22.6, {"wikineural": 0.693, "multiconer": 0.402}),
    "sru": Model("CharCNN + SRU", 2, 11.1, {"wikineural": 0.763, "multiconer": 0.456}),
    "sru4": Model("CharCNN + SRU", 4, 23.7, {"wikineural": 0.753, "multiconer": 0.458}),
    "charcnn": Model("CharCNN", 0, 0.0, {"wikineural": 0.755, "multiconer": 0.456}),
}
"""Table 2, by the name of the architecture in params.yaml."""


class LargeModel(NamedTuple):
    """A row of Table 3."""

    name: str
    layers: int
    hidden: int
    """Its internal size."""
    parameters_m: float
    epochs: int
    tokens_m: int
    """Of the corpus, about."""
    f1: dict[str, float]


LARGE_MODELS = {
    "elmo": LargeModel("ELMO-Taiga", 2, 2048, 75.6, 3, 5000, {"wikineural": 0.781, "multiconer": 0.505}),
    "sru12": LargeModel("ELMO-SRU", 12, 1024, 74.1, 3, 300, {"wikineural": 0.792, "multiconer": 0.465}),
}
"""Table 3, by the name of the architecture in params.yaml."""

SPLITS = {
    "wikineural": {
        "train": Sentences(92_352, 92_320),
        "validation": Sentences(11_544, 11_540),
        "test": Sentences(11_544, 11_580),
    },
    "multiconer": {
        "train": Sentences(15_513, 15_300),
        "validation": Sentences(813, 800),
        "test": Sentences(218_958, 217_501),
    },
}
"""Table 1, by data set and split."""


def set_name(name: str) -> str:
    """The published name of a data set, or the name it has here."""
    return SETS.get(name, name)


def order_sets(names: Iterable[str]) -> list[str]:
    """Data sets in the paper's order, others after them by name."""
    return sorted(names, key=lambda name: (list(SETS).index(name) if name in SETS else len(SETS), name))
