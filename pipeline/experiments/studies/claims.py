"""Whether what a study's `claims` say holds here, such as the paper's: each is that one row is better than another."""

from math import isnan

from pipeline.experiments.studies.findings import STALE
from pipeline.experiments.studies.pairs import correct
from pipeline.experiments.studies.results import Results, say_difference
from pipeline.report.paper import set_name
from pipeline.report.tables import NONE


def judge_claims(results: Results) -> tuple[list[str], list[list[str]]]:
    """Return the header and the lines of a table: a line for each claim, with a verdict for each data set.

    A claim holds where the entity F1 of its better row is significantly higher at 5 %, by Holm's correction for all
    claims on the set, and does not hold where it is significantly lower. Otherwise it cannot be told.
    """
    by_set = [_judge(results, name) for name in results.sets]
    lines = [[says, *(verdicts.get(says, NONE) for verdicts in by_set)] for says in results.study.claims]
    return ["What is claimed", *map(set_name, results.sets)], lines


def _judge(results: Results, name: str) -> dict[str, str]:
    columns = {says: claim.column or results.study.first_column for says, claim in results.study.claims.items()}
    found = {
        says: results.find_test(claim.worse, claim.better, name, columns[says])
        for says, claim in results.study.claims.items()
    }
    tests = {says: test for says, test in found.items() if test and not isnan(test[1])}
    sure = correct({says: p for says, (_, p) in tests.items()})
    verdicts = {}
    for says, (gain, p) in tests.items():
        claim = results.study.claims[says]
        verdict = "cannot be told" if says not in sure else "holds" if gain > 0 else "does not hold"
        stale = {(row, columns[says], name) for row in (claim.worse, claim.better)} & results.stale
        verdicts[says] = f"{verdict}, {say_difference(gain, p)}{f' {STALE}' if stale else ''}"
    return verdicts
