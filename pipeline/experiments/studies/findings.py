"""The sentences of a study that say what came out, in which every number is read from its rows.

Taught by vectors, n-grams reach {{ f1("n-grams, taught", "wikineural") }}, {{ gain("n-grams, trained here",
"n-grams, taught", "wikineural") }} more than those trained here.
"""

from collections.abc import Callable
from functools import partial

import pandas as pd
from jinja2 import Environment, StrictUndefined, TemplateError

from pipeline.errors import UserError
from pipeline.experiments.studies.pairs import Key
from pipeline.experiments.studies.results import Results, say_difference
from pipeline.experiments.studies.study import FOLDER
from pipeline.ner.scoring.scores import deviation
from pipeline.report.tables import percent, plus_minus, score


class NotRunError(Exception):
    """A sentence speaks of a row that has no scores yet."""


def write_findings(results: Results) -> list[str]:
    """Return the sentences whose rows have all been run, with their numbers.

    A `UserError` says which sentence cannot be read, or names a row that the study does not have.
    """
    environment = Environment(undefined=StrictUndefined, autoescape=False)
    functions: dict[str, Callable[..., str]] = {"f1": f1, "gain": gain, "lost": lost, "value": value}
    environment.globals |= {name: partial(function, results) for name, function in functions.items()}
    sentences = []
    for number, template in enumerate(results.study.findings, 1):
        try:
            sentences.append(environment.from_string(template).render())
        except NotRunError:
            continue
        except (TemplateError, TypeError) as error:
            raise UserError(f"{FOLDER / results.name}.yaml: findings: sentence {number}: {error}") from None
    return sentences


def f1(results: Results, row: str, data_set: str, column: str = "", metric: str = "entity_f1") -> str:
    """Return a score, the mean over the seeds with their deviation: 0.812 ± 0.003."""
    key = _find(results, row, data_set, column)
    return plus_minus(_number(results.means[key], metric), deviation(results.seeds(key)[metric].tolist()))


def gain(results: Results, row: str, other: str, data_set: str, column: str = "") -> str:
    """Return the entity F1 of `other` minus that of `row`, with the p of their test: +0.031 (p 0.0005)."""
    keys = [_find(results, name, data_set, column) for name in (row, other)]
    tested = results.pairs_of(data_set, keys[0][1])
    for pair, sign in (((row, other), 1), ((other, row), -1)):
        if pair in tested:
            return say_difference(sign * tested[pair].difference, tested[pair].p)
    before, after = (_number(results.means[key], "entity_f1") for key in keys)
    return f"{after - before:+.3f}"


def lost(results: Results, row: str, data_set: str, column: str = "") -> str:
    """Return the entity F1 that the largest rate of typos costs: 0.047 at 20.0 %."""
    mean = results.means[_find(results, row, data_set, column)]
    rate = percent(_number(mean, "typo_rate"))
    return f"{score(_number(mean, 'entity_f1') - _number(mean, 'entity_f1_typos'))} at {rate}"


def value(results: Results, row: str, data_set: str, name: str, column: str = "", digits: int = 1) -> str:
    """Return any other number of rows.csv, such as `perplexity` or `cpu_minutes`."""
    return f"{_number(results.means[_find(results, row, data_set, column)], name):,.{digits}f}"


def _find(results: Results, row: str, data_set: str, column: str) -> Key:
    columns = [*results.study.columns]
    column = column or columns[0]
    if row not in results.study.rows or column not in columns:
        raise UserError(
            f"{FOLDER / results.name}.yaml: findings: found row {row!r}, column {column!r}; rows: "
            f"{', '.join(results.study.rows)}; columns: {', '.join(columns)}"
        )
    if (row, column, data_set) not in results.means:
        raise NotRunError(row)
    return row, column, data_set


def _number(mean: pd.Series, name: str) -> float:
    if name not in mean or pd.isna(mean[name]):
        raise NotRunError(name)
    return float(mean[name])
