"""Which instructions torch computes with."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.machine import cpu as instructions
from pipeline.machine.cpu import AVX2, has_avx2, use_avx2

STAGES = "charcnn, pretrain, ner, evaluate, typos, export, report"
ASKED = f"""
from pipeline.machine.cpu import set_up_torch
from pipeline.stages import {STAGES}
set_up_torch(threads=1, instructions="avx2")
import torch
torch.nn.functional.conv1d(torch.ones(2, 64, 9), torch.ones(4, 64, 3))
print("kernels:", torch.backends.cpu.get_cpu_capability())
"""


@pytest.mark.skipif(not has_avx2(), reason="this processor has no AVX2, or the system does not say so")
def test_a_stage_computes_with_avx2_and_nothing_wider() -> None:
    """The libraries say so themselves; no stage has done a first operation by being imported."""
    environment = {name: value for name, value in os.environ.items() if name not in AVX2} | {"ONEDNN_VERBOSE": "1"}
    done = subprocess.run([sys.executable, "-c", ASKED], env=environment, capture_output=True, text=True, check=True)
    assert "kernels: AVX2\n" in done.stdout
    assert "info,cpu,isa:Intel AVX2\n" in done.stdout


@pytest.mark.parametrize(("flags", "expected"), [("sse2 avx2 avx512f", AVX2), ("sse2 avx", {}), ("asimd sve", {})])
def test_only_what_the_processor_has_is_asked_for(
    flags: str, expected: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\nflags\t\t: fpu {flags} rdseed\n")
    monkeypatch.setattr(instructions, "CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(os, "environ", {"PATH": "/bin"})
    use_avx2()
    assert os.environ == {"PATH": "/bin"} | expected


def test_a_variable_that_is_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instructions, "has_avx2", lambda: True)
    monkeypatch.setattr(os, "environ", {"ATEN_CPU_CAPABILITY": "default"})
    use_avx2()
    assert os.environ == AVX2 | {"ATEN_CPU_CAPABILITY": "default"}
