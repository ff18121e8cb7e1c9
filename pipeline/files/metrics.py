"""Metrics files: what was found, and what it was computed with.

    {"machine": {"hardware": "cpu AMD EPYC with AVX2, 2 cores, 1 thread of torch",
                 "software": "python 3.11.7, torch 2.13.0+cpu, numpy 2.4.6, ..."},
     "wikineural": {"entity_f1": 0.866405, ...}}

Two strings and no numbers: `dvc metrics diff` and `dvc exp show` treat every number of a metrics file as a result, and
show a string where it differs, so that another machine is two lines. Nothing in it tells of time or load: equal inputs
give equal bytes on one machine.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.files.json import write_json

MACHINE = "machine"


def write_metrics(path: Path, values: Mapping[str, Any], machine: Mapping[str, str]) -> None:
    """Write a metrics file, whole or not at all; `machine` is that of `pipeline.machine.describe.stamp`."""
    write_json(path, {**values, MACHINE: dict(machine)})
