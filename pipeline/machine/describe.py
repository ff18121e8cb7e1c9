"""Describes the machine that a number was measured on."""

import os
import platform
import resource
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

PACKAGES = ["torch", "numpy", "sru", "triton"]
"""The packages that a measured speed depends on."""
DECIDING = [*PACKAGES, "pytorch-crf", "safetensors", "razdel", "ufal.udpipe", "mwparserfromhell"]
"""The packages that a result depends on."""


def describe_machine(device: torch.device) -> dict[str, Any]:
    """Versions, and the processor that computes, with its instructions, cores and threads."""
    return {
        "python": platform.python_version(),
        **{name: _version(name) for name in PACKAGES},
        "device": device.type,
        "processor": torch.cuda.get_device_name(device) if device.type == "cuda" else _processor(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
    }


def stamp(device: torch.device) -> dict[str, str]:
    """The machine as metrics files have it: `hardware` and `software`, a line each.

    Nothing in it tells of time or load: on one machine, equal inputs give equal bytes.
    """
    facts = describe_machine(device)
    vectors = device.type == "cpu" and facts["instructions"].startswith(("AVX", "SVE"))
    processor = facts["processor"] + (f" with {facts['instructions']}" if vectors else "")
    cores, threads = (_count(facts[f"{unit}s"], unit) for unit in ("core", "thread"))
    versions = {"python": facts["python"], **{name: _version(name) for name in DECIDING}}
    return {
        "hardware": f"{facts['device']} {processor}, {cores}, {threads} of torch",
        "software": ", ".join(f"{name} {number}" for name, number in versions.items()),
    }


def peak_memory(device: torch.device) -> dict[str, int]:
    """The most memory that this process has held so far, in MB: resident, and on the GPU."""
    unit = 2**20 if sys.platform == "darwin" else 2**10
    peak = {"peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)}
    if device.type == "cuda":
        peak["peak_gpu_memory_mb"] = round(torch.cuda.max_memory_allocated(device) / 2**20)
    return peak


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.is_file() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
