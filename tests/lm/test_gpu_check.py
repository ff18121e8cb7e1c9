"""benchmarks/gpu.py, as far as a machine without a GPU shows it: the report is whole, and a wrong kernel is told."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import typer
from typer.testing import CliRunner

from benchmarks import gpu
from pipeline.lm.rnn.sru.recurrence import recur


def test_the_report_has_every_model_of_the_paper(tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(gpu.main)
    options = ["--device", "cpu", "--hidden", "8", "--batch-tokens", "100", "--rounds", "1"]
    result = CliRunner().invoke(app, [*options, "--json", str(tmp_path / "report.json")])
    assert result.exit_code == 0, result.output
    tables = json.loads((tmp_path / "report.json").read_text())["tables"]
    steps = tables["A step of pretraining"]
    assert [row["case"] for row in steps] == ["lstm", "gru", "sru", "sru4", "sru12"]
    for row in steps:
        assert row["hours for 294 M tokens"] == pytest.approx(294e6 * row["µs a token"] / 3.6e9)


def test_a_kernel_that_is_wrong_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(row["right"] for row in gpu.compare_kernels(torch.device("cpu"), 16))

    def wrong(*gates: Any) -> torch.Tensor:
        return recur(*gates) * 1.05

    monkeypatch.setattr(gpu, "recur", wrong)
    assert not any(row["right"] for row in gpu.compare_kernels(torch.device("cpu"), 16))
