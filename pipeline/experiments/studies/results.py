"""What a study has found so far: the tables that its page, its pictures and its findings are made from."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from math import isnan, sqrt
from typing import Any

import pandas as pd

from pipeline.experiments.studies.pairs import Key, Pair, correct
from pipeline.experiments.studies.record import KEY
from pipeline.experiments.studies.study import Study
from pipeline.ner.scoring.scores import deviation
from pipeline.report.data import MEAN
from pipeline.report.paper import order_sets, set_name
from pipeline.report.tables import decimal, plus_minus


@dataclass(frozen=True)
class Results:
    """Tables as in the study's folder, without the rows that the study no longer has."""

    name: str
    study: Study
    keys: list[Key]
    """All that the study asks for, run or not."""
    rows: pd.DataFrame
    curves: pd.DataFrame
    pairs: list[Pair]
    stale: set[Key]
    """Those of the rows that settings or code other than the tree's have given."""

    @cached_property
    def means(self) -> dict[Key, pd.Series]:
        """The mean over the seeds of each row, in the order of the study."""
        means = self.rows[self.rows.seed == MEAN]
        by_key: dict[Any, pd.Series] = {tuple(row[KEY]): row for _, row in means.iterrows()}
        return {key: by_key[key] for key in self.keys if key in by_key}

    @property
    def sets(self) -> list[str]:
        """The data sets that have a row, in the paper's order."""
        return order_sets(name for _, _, name in self.means)

    @property
    def columns(self) -> list[str]:
        """The columns that have a row."""
        return [*dict.fromkeys(column for _, column, _ in self.means)]

    @property
    def missing(self) -> list[str]:
        """The experiments, by title, that lack the scores of a data set."""
        return self.titles(key for key in self.keys if key not in self.means)

    def titles(self, keys: Iterable[Key]) -> list[str]:
        """Return the names of experiments for people, each once."""
        return [*dict.fromkeys(self.study.title(row, column) for row, column, _ in keys)]

    def title(self, name: str, column: str) -> str:
        """Return the name of a data set for people, with that of a column unless it is the only one."""
        return set_name(name) if len(self.study.columns) == 1 else f"{set_name(name)}, {column}"

    def seeds(self, key: Key) -> pd.DataFrame:
        """Return the taggers of a row."""
        rows = select(self.rows, key)
        return rows[rows.seed != MEAN]

    def spread(self, key: Key, metric: str) -> str:
        """Return a score of a row for people, the mean over the seeds with their deviation: 0.812 ± 0.003."""
        return plus_minus(float(self.means[key][metric]), deviation(self.seeds(key)[metric].tolist()))

    def line(self, key: Key, curve: str) -> dict[float, float]:
        """Return a curve of a row: y by x; empty if there is none."""
        points = select(self.curves, key)
        points = points[points.curve == curve]
        return dict(zip(points.x.tolist(), points.y.tolist(), strict=True))

    def tables(self) -> Iterator[tuple[str, str]]:
        """Yield each data set with each column that has rows of it."""
        for name in self.sets:
            for column in self.columns:
                if any(key[1:] == (column, name) for key in self.means):
                    yield name, column

    def pairs_of(self, name: str, column: str) -> dict[tuple[str, str], Pair]:
        """Return the pairs of a table."""
        return {(pair.a, pair.b): pair for pair in self.pairs if (pair.set, pair.column) == (name, column)}

    def find_test(self, row: str, other: str, name: str, column: str) -> tuple[float, float] | None:
        """Return the entity F1 of `other` minus that of `row`, and the p of their test; None if there was none."""
        tested = self.pairs_of(name, column)
        if pair := tested.get((row, other)):
            return pair.difference, pair.p
        if pair := tested.get((other, row)):
            return -pair.difference, pair.p
        return None

    def sure_pairs(self, name: str, column: str) -> set[tuple[str, str]]:
        """Return those that differ significantly at 5 %, by Holm's correction for all pairs of the table."""
        pairs = self.pairs_of(name, column)
        return correct({names: pair.p for names, pair in pairs.items() if not isnan(pair.p)})

    def seed_deviation(self, name: str, column: str) -> float | None:
        """Return the deviation of entity F1 between seeds, pooled over the rows of a table; None if all have one."""
        values = [self.seeds(key).entity_f1 for key in self.means if key[1:] == (column, name)]
        degrees = sum(len(each) - 1 for each in values)
        squares = sum(float(((each - each.mean()) ** 2).sum()) for each in values)
        return sqrt(squares / degrees) if degrees else None


def say_difference(value: float, p: float) -> str:
    """+0.031 (p 0.0005)."""
    return f"{value:+z.3f} (p {decimal(None if isnan(p) else p, 4)})"


def select(table: pd.DataFrame, key: Key) -> pd.DataFrame:
    """Return the lines of a table that are of a row, a column and a data set."""
    return table[(table[KEY] == key).all(axis=1)]
