"""Which instructions torch computes with."""

import importlib
import os
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from pipeline.cli import TORCH
from pipeline.machine import cpu
from pipeline.machine.cpu import AVX2, has_avx2, set_up_torch, use_avx2


@pytest.mark.skipif(not has_avx2(), reason="this processor has no AVX2, or the system does not say so")
def test_a_stage_computes_with_avx2_and_nothing_wider(tmp_path: Path) -> None:
    """The libraries say so themselves; no stage has done a first operation by being imported."""
    process = ForkServerProcess(target=_compute, args=(tmp_path / "said",))
    process.start()
    process.join(300)
    said = (tmp_path / "said").read_text()
    assert process.exitcode == 0, said
    assert "kernels: AVX2\n" in said
    assert "info,cpu,isa:Intel AVX2\n" in said


def _compute(said: Path) -> None:
    """In the child: the first operations of a stage."""
    for number in (1, 2):
        os.dup2(os.open(said, os.O_CREAT | os.O_WRONLY | os.O_APPEND), number)
    for name in AVX2:
        os.environ.pop(name, None)
    os.environ["ONEDNN_VERBOSE"] = "1"
    for stage in TORCH:
        importlib.import_module(f"pipeline.stages.{stage}")
    set_up_torch(threads=1, instructions="avx2")
    import torch

    torch.nn.functional.conv1d(torch.ones(2, 64, 9), torch.ones(4, 64, 3))
    print("kernels:", torch.backends.cpu.get_cpu_capability(), flush=True)


@pytest.mark.parametrize(("flags", "expected"), [("sse2 avx2 avx512f", AVX2), ("sse2 avx", {}), ("asimd sve", {})])
def test_only_what_the_processor_has_is_asked_for(
    flags: str, expected: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\nflags\t\t: fpu {flags} rdseed\n")
    monkeypatch.setattr(cpu, "CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(os, "environ", {"PATH": "/bin"})
    use_avx2()
    assert os.environ == {"PATH": "/bin"} | expected


def test_a_variable_that_is_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu, "has_avx2", lambda: True)
    monkeypatch.setattr(os, "environ", {"ATEN_CPU_CAPABILITY": "default"})
    use_avx2()
    assert os.environ == AVX2 | {"ATEN_CPU_CAPABILITY": "default"}
