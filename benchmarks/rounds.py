"""Side-by-side timing: cases take turns in one process, medians over the turns, ratios to one of them.

A shared machine gets slower and faster by the minute; two cases that take turns meet the same minutes.
"""

import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from tabulate import tabulate

from pipeline.machine.describe import find_version, name_processor

Clock = Callable[[], float]
Case = TypeVar("Case", bound=Hashable)
"""The name of a case."""


def take_turns(
    cases: Mapping[Case, Callable[[], object]], rounds: int, clock: Clock = time.perf_counter
) -> dict[Case, list[float]]:
    """Run every case once unmeasured, then `rounds` times in turn; return the seconds of each run by case.

    `clock` is the wall clock, or `time.process_time` for CPU time where other work disturbs the machine.
    """
    seconds: dict[Case, list[float]] = {name: [] for name in cases}
    for turn in range(rounds + 1):
        for name, case in cases.items():
            _wait()
            started = clock()
            case()
            _wait()
            if turn:
                seconds[name].append(clock() - started)
        if sys.stderr.isatty():
            print(f"\rround {turn} of {rounds} ", end="", file=sys.stderr, flush=True)
    return seconds


def medians(seconds: Mapping[Case, list[float]]) -> dict[Case, float]:
    """Return the median of each case's runs."""
    return {name: statistics.median(values) for name, values in seconds.items()}


def report(
    name: str, tables: Mapping[str, list[dict[str, Any]]], circumstances: Mapping[str, Any], output: str
) -> None:
    """Print every table under its title; if `output` is a path, write them there as JSON too."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    where = {**describe_machine(device), **circumstances}
    print("\n".join([name, *(f"  {key}: {value}" for key, value in where.items())]))
    for title, rows in tables.items():
        print(f"\n{title}\n{tabulate(rows, headers='keys', floatfmt='.3g')}")
    if output:
        text = json.dumps({"benchmark": name, "circumstances": where, "tables": tables}, ensure_ascii=False, indent=2)
        Path(output).write_text(text + "\n", encoding="utf-8")


def describe_machine(device: torch.device) -> dict[str, Any]:
    """Return versions, and the processor that computes with its instructions, cores and threads."""
    return {
        "python": platform.python_version(),
        **{name: find_version(name) for name in ("torch", "numpy", "sru", "triton")},
        "device": device.type,
        "processor": name_processor(device),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
    }


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
