"""The sentences of a study that say what came out, in which every number is read from its rows.

Taught by vectors, n-grams reach {{ f1("n-grams, taught", "wikineural") }}, {{ gain("n-grams, trained here",
"n-grams, taught", "wikineural") }} more than those trained here.
"""

from math import isnan, nan

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from pipeline.errors import UserError
from pipeline.experiments.studies.pairs import Key
from pipeline.experiments.studies.record import HEADER, TEXTS
from pipeline.experiments.studies.results import Results, say_difference
from pipeline.experiments.studies.study import FOLDER
from pipeline.report.tables import score

STALE = "†"
"""Marks what rows have given whose settings or code are not the tree's."""


def write_findings(results: Results) -> list[str]:
    """Return the sentences whose rows have all been run, with their numbers; those of stale rows are marked.

    A `UserError` says which sentence cannot be read, or names a row that the study does not have, whether or not
    anything has been run.
    """
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    sentences = []
    for number, template in enumerate(results.study.findings, 1):
        numbers = Numbers(results)
        functions = {"f1": numbers.f1, "gain": numbers.gain, "lost": numbers.lost, "value": numbers.value}
        try:
            sentence = " ".join(environment.from_string(template).render(functions).split())
        except (TemplateError, TypeError, ValueError, ArithmeticError, UserError) as error:
            raise UserError(f"{FOLDER / results.name}.yaml: findings: sentence {number}: {error}") from None
        if not numbers.lacking:
            sentences.append(f"{sentence} {STALE}" if numbers.keys & results.stale else sentence)
    return sentences


class Numbers:
    """The functions that a sentence may call; each returns text."""

    def __init__(self, results: Results) -> None:
        """Start with no number asked for."""
        self._results = results
        self.keys = set[Key]()
        """The rows whose numbers were asked for."""
        self.lacking = False
        """Whether a number was asked for that there is not yet: then the sentence is left out."""

    def f1(self, row: str, data_set: str, column: str = "", metric: str = "entity_f1") -> str:
        """Return a score, the mean over the seeds with their deviation: 0.812 ± 0.003."""
        key = self._find(row, data_set, column)
        self._number(key, metric)
        return "" if self.lacking else self._results.spread(key, metric)

    def gain(self, row: str, other: str, data_set: str, column: str = "") -> str:
        """Return the entity F1 of `other` minus that of `row`, with the p of their test: +0.031 (p 0.0005)."""
        before, after = (self._find(name, data_set, column) for name in (row, other))
        if tested := self._results.find_test(row, other, data_set, before[1]):
            return say_difference(*tested)
        return f"{self._number(after, 'entity_f1') - self._number(before, 'entity_f1'):+z.3f}"

    def lost(self, row: str, data_set: str, column: str = "", rate: bool = True) -> str:
        """Return the entity F1 that the largest rate of typos costs: 0.047 at 20 %, or without the rate 0.047."""
        key = self._find(row, data_set, column)
        clean, misspelt, most = (self._number(key, name) for name in ("entity_f1", "entity_f1_typos", "typo_rate"))
        return score(clean - misspelt) + (f" at {100 * most:g} %" if rate else "")

    def value(self, row: str, data_set: str, name: str, column: str = "", digits: int = 1) -> str:
        """Return any other number of rows.csv, such as `perplexity` or `cpu_minutes`."""
        return f"{self._number(self._find(row, data_set, column), name):,.{digits}f}"

    def _find(self, row: str, data_set: str, column: str) -> Key:
        """Return the row with these names; of several columns the first, if none is named."""
        key = row, column or self._results.study.first_column, data_set
        for part, name, number in (("row", row, 0), ("column", key[1], 1), ("data set", data_set, 2)):
            names = dict.fromkeys(key[number] for key in self._results.keys)
            if name not in names:
                raise UserError(f"found {part} {name!r}, expected one of {', '.join(names)}")
        self.keys.add(key)
        return key

    def _number(self, key: Key, name: str) -> float:
        names = [column for column in HEADER if column not in TEXTS]
        if name not in names:
            raise UserError(f"found number {name!r}, expected one of {', '.join(names)}")
        mean = self._results.means.get(key)
        number = nan if mean is None else float(mean[name])
        self.lacking = self.lacking or isnan(number)
        return number
