"""The same arithmetic on every x86 processor.

torch's own kernels, oneDNN and MKL each choose the width of their vectors by the processor. Wider vectors add up in
another order and give other last digits, which a training turns into another score.
"""

import os
from pathlib import Path

from pipeline.machine.memory import keep_buffers

AVX2 = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}
"""The variables that the three libraries read, each before its first operation."""
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""The variables by which torch and numpy's BLAS learn the number of their threads when they are imported."""
CPUINFO = Path("/proc/cpuinfo")


def set_up_torch(threads: int = 0, instructions: str = "native") -> None:
    """Set torch's number of threads (0 leaves it to torch) and its instructions: `avx2`, or `native`, the widest.

    Also makes the system keep large buffers. It must be called before torch's first operation.
    """
    import torch

    if instructions == "avx2":
        use_avx2()
    keep_buffers()
    if threads:
        torch.set_num_threads(threads)


def set_threads(number: int) -> None:
    """Set the number of threads of numpy and torch, before either is imported; make the system keep large buffers."""
    os.environ |= dict.fromkeys(THREADS, str(number))
    keep_buffers()


def use_avx2() -> None:
    """Make torch compute with AVX2 even if the processor has wider vectors; without AVX2 nothing changes.

    A variable of `AVX2` that is already set stays as it is.
    """
    if has_avx2():
        for name, value in AVX2.items():
            os.environ.setdefault(name, value)


def has_avx2() -> bool:
    """Return whether the processor has AVX2; only Linux on x86 says so."""
    return CPUINFO.is_file() and " avx2 " in CPUINFO.read_text(encoding="utf-8")
