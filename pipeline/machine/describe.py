"""Describes the machine that a number was measured on."""

import os
import platform
import resource
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

LIBRARIES = ["torch", "numpy", "sru", "triton", "pytorch-crf", "safetensors"]
LIBRARIES += ["razdel", "ufal.udpipe", "mwparserfromhell"]
"""The packages that a result depends on."""


def stamp(device: torch.device) -> dict[str, str]:
    """Return the machine as metrics files have it: `hardware` and `software`, a line each.

    Nothing in it tells of time or load: on one machine, equal inputs give equal bytes.
    """
    processor, instructions = name_processor(device), torch.backends.cpu.get_cpu_capability()
    if device.type == "cpu" and instructions.startswith(("AVX", "SVE")):
        processor += f" with {instructions}"
    cores, threads = _count(os.cpu_count(), "core"), _count(torch.get_num_threads(), "thread")
    versions = {"python": platform.python_version(), **{name: find_version(name) for name in LIBRARIES}}
    return {
        "hardware": f"{device.type} {processor}, {cores}, {threads} of torch",
        "software": ", ".join(f"{name} {number}" for name, number in versions.items()),
    }


def peak_memory(device: torch.device) -> dict[str, int]:
    """Return the most memory that this process has held so far, in MB: resident, and on the GPU."""
    unit = 2**20 if sys.platform == "darwin" else 2**10
    peak = {"peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)}
    if device.type == "cuda":
        peak["peak_gpu_memory_mb"] = round(torch.cuda.max_memory_allocated(device) / 2**20)
    return peak


def _count(number: int | None, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"


def find_version(package: str) -> str:
    """Return the installed version of a package, or `none`."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def name_processor(device: torch.device) -> str:
    """Return the name of the processor or GPU that computes."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.is_file() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
