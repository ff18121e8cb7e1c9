"""Counts of the text stages as rows: what came in, what was dropped and why, what went out.

A key of counts.json is a unit, alone or with `_read`, `_kept` or `_dropped_<reason>`:

    documents_read 300, documents_kept 286, documents_dropped_redirect 14, paragraphs 1804

`dropped_<kind>`, as in dropped_templates 5210, counts mark-up that shows no text: all of it is dropped.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

UNITS = ["documents", "paragraphs", "sentences", "fragments", "words", "tokens"]
MARKUP = "markup"
_KEY = re.compile(r"(?P<unit>[a-z]+)(_(?P<role>read|kept|dropped)(_(?P<reason>\w+))?)?")


class Flow(NamedTuple):
    """One unit in one stage; a number is None where the stage does not count it."""

    unit: str
    read: int | None
    dropped: dict[str, int]
    """By reason, only where something was dropped."""
    written: int | None


def read_flows(counts: Mapping[str, int]) -> Iterator[Flow]:
    """The units of a stage, from the largest to the smallest."""
    totals: defaultdict[str, dict[str, int]] = defaultdict(dict)
    dropped: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for key, number in sorted(counts.items()):
        match = _KEY.fullmatch(f"{MARKUP}_{key}" if key.startswith("dropped_") else key)
        if match and match["reason"]:
            dropped[match["unit"]][match["reason"].replace("_", " ")] = number
        elif match:
            totals[match["unit"]][match["role"] or "kept"] = number
        else:
            totals[key.replace("_", " ")]["kept"] = number
    if MARKUP in dropped:
        totals[MARKUP] = {"read": sum(dropped[MARKUP].values()), "kept": 0}
    for unit in sorted(totals, key=lambda unit: UNITS.index(unit) if unit in UNITS else len(UNITS)):
        reasons = {reason: number for reason, number in dropped[unit].items() if number}
        yield Flow(unit, totals[unit].get("read"), reasons, totals[unit].get("kept"))
