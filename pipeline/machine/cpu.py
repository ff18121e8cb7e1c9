"""The same arithmetic on every x86 processor.

torch's own kernels, oneDNN and MKL each choose by the processor how wide the vectors are that they compute with. Wider
ones add up in another order: other last digits, of which a training makes another score.
"""

import os
from pathlib import Path

from pipeline.machine.memory import keep_buffers

AVX2 = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}
"""What the three read from the environment, each before the first of its operations."""
CPUINFO = Path("/proc/cpuinfo")


def set_up_torch(threads: int = 0, instructions: str = "native") -> None:
    """Tell torch how many threads it has, 0 leaving that to it, and its instructions: `avx2`, or the widest there are.

    Large buffers are kept. To be called before torch's first operation.
    """
    import torch

    if instructions == "avx2":
        use_avx2()
    keep_buffers()
    if threads:
        torch.set_num_threads(threads)


def use_avx2() -> None:
    """Have torch compute in vectors of AVX2 on a processor that has wider ones too; elsewhere nothing changes.

    To be called before torch's first operation. A variable of `AVX2` that is set already stays as it is.
    """
    if has_avx2():
        for name, value in AVX2.items():
            os.environ.setdefault(name, value)


def has_avx2() -> bool:
    """Whether the system says so; only Linux does, and only of x86."""
    return CPUINFO.is_file() and " avx2 " in CPUINFO.read_text(encoding="utf-8")
