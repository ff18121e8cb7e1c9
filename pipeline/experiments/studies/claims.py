"""Whether what a study's `claims` say holds here, such as the paper's: each is that one row is better than another."""

from math import isnan

from pipeline.experiments.studies.findings import STALE
from pipeline.experiments.studies.results import Results, say_difference
from pipeline.experiments.studies.study import Claim
from pipeline.report.paper import set_name
from pipeline.report.tables import NONE


def judge_claims(results: Results) -> tuple[list[str], list[list[str]]]:
    """Return the header and the lines of a table: a line for each claim, with a verdict for each data set.

    A claim holds where the entity F1 of its better row is significantly higher at 5 %, by Holm's correction for all
    pairs of the table, and does not hold where it is significantly lower. Otherwise it cannot be told.
    """
    lines = [
        [says, *(_judge(results, claim, name) for name in results.sets)] for says, claim in results.study.claims.items()
    ]
    return ["Claim", *map(set_name, results.sets)], lines


def _judge(results: Results, claim: Claim, name: str) -> str:
    column = claim.column or next(iter(results.study.columns))
    pairs, sure = results.pairs_of(name, column), results.sure_pairs(name, column)
    for names, sign in (((claim.worse, claim.better), 1), ((claim.better, claim.worse), -1)):
        pair = pairs.get(names)
        if pair is None or isnan(pair.p):
            continue
        gain = sign * pair.difference
        verdict = "cannot be told" if names not in sure else "holds" if gain > 0 else "does not hold"
        mark = f" {STALE}" if {(row, column, name) for row in names} & results.stale else ""
        return f"{verdict}, {say_difference(gain, pair.p)}{mark}"
    return NONE
