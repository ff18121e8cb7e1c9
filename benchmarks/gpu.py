"""What a GPU does with this code: is it right there, how fast is it, how long would the paper's pretraining take?

    make gpu-check        # or: python -m benchmarks.gpu --vocabulary data/vocabulary

It prints tables and writes them to gpu-check.json, a report that can be sent as it is: the SRU's kernels beside plain
torch in float64; a layer of each kind, and the kernels beside a copy of as many bytes; steps of pretraining at the
paper's sizes (scale `paper` of params.yaml) for every row of its tables, and the hours that follow from them.
"""

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import torch
import typer
from torch import Tensor

from benchmarks import pretrain, sru
from benchmarks.rounds import medians, report, take_turns
from pipeline.errors import UserError
from pipeline.lm.rnn.sru.recurrence import Recurrence, recur
from pipeline.machine.cpu import set_up_torch
from pipeline.machine.device import choose_device
from pipeline.params import load_params
from pipeline.report.paper import LARGE_MODELS, MODELS

Row = dict[str, Any]
LARGEST = {torch.float32: 1e-3, torch.bfloat16: 2e-2}
"""The largest error of a tensor that is no fault, over its largest value; plain torch in float32 comes to 2.5e-4."""
CASES = [(50, 16, 1024), (7, 3, 33), (200, 64, 1024)]
"""Length, batch and channels: usual ones, ones that fill no block, and many."""


def main(
    vocabulary: Annotated[
        Path | None, typer.Option(help="A folder data/vocabulary; without it texts are drawn.")
    ] = None,
    device: Annotated[str, typer.Option(help="cuda or cuda:1; cpu only shows what the report looks like.")] = "cuda",
    hidden: Annotated[int, typer.Option(help="Units of a layer in each direction.")] = 1024,
    batch_tokens: Annotated[int, typer.Option(help="Positions of a step; 0: scale paper's.")] = 0,
    rounds: Annotated[int, typer.Option(help="Runs of each case.")] = 9,
    json: Annotated[Path, typer.Option(help="The report.")] = Path("gpu-check.json"),
) -> None:
    """Check and measure the GPU's code; exit with 1 if a kernel is wrong."""
    processor = choose_device(device, "--device")
    set_up_torch(1, "native")
    on_gpu = processor.type == "cuda"
    sizes, types = ([(200, 64), (40, 320)], [*LARGEST]) if on_gpu else ([(40, 4)], [torch.float32])
    kernels = compare_kernels(processor, hidden)
    tables = {"The SRU's recurrence beside plain torch in float64": kernels}
    for length, batch in sizes:
        for dtype in types:
            cases = sru.layers(length, batch, hidden // 2, hidden, dtype, processor)
            title = f"A layer, forward and backward: L={length}, B={batch}, {hidden // 2} to {hidden}, {str(dtype)[6:]}"
            tables[title] = sru.compare(medians(take_turns(cases, rounds)))
    if on_gpu:
        tables["The recurrence alone"] = [
            row
            for length, batch in sizes
            for dtype in types
            for row in sru.speeds(length, batch, hidden, dtype, processor, rounds)
        ]
    tables["A step of pretraining"] = time_steps(vocabulary, processor, hidden, batch_tokens, rounds)
    report("GPU check", tables, {"rounds": rounds, "hidden": hidden, "texts": str(vocabulary or "drawn")}, str(json))
    wrong = [row["case"] for row in kernels if not row["right"]]
    print(f"\nreport: {json}; {'wrong: ' + '; '.join(wrong) if wrong else 'every kernel is right'}")
    if wrong:
        raise typer.Exit(1)


def compare_kernels(device: torch.device, hidden: int) -> list[Row]:
    """Return a row for each case and dtype: the largest error of the output and of each gradient, relative."""
    return [
        {
            "case": f"L={length}, B={batch}, H={channels}, {str(dtype)[6:]}",
            **_errors(length, batch, channels, dtype, device),
        }
        for length, batch, channels in [(length, batch, min(channels, hidden)) for length, batch, channels in CASES]
        for dtype in LARGEST
    ]


def _errors(length: int, batch: int, hidden: int, dtype: torch.dtype, device: torch.device) -> Row:
    torch.manual_seed(0)
    # Candidate, forget, reset and highway, (length, batch, hidden) each, and v, (2, hidden).
    gates = [torch.randn(length, batch, hidden, device=device).to(dtype) for _ in range(sru.GATES)]
    v = torch.randn(2, hidden, device=device)
    weights = torch.randint(-3, 4, gates[0].shape, device=device)  # whole numbers are the same in every dtype

    def outcome(function: Any, inputs: list[Tensor]) -> list[Tensor]:
        leaves = [x.detach().requires_grad_() for x in inputs]
        h = function(*leaves)
        return [h.detach(), *torch.autograd.grad(h, leaves, weights.to(h.dtype))]

    expected = outcome(Recurrence.apply, [x.double() for x in (*gates, v)])
    errors = [
        float((ours.double() - exact).abs().max() / exact.abs().max())
        for ours, exact in zip(outcome(recur, [*gates, v]), expected, strict=True)
    ]
    return {"error of h": errors[0], "of a gradient": max(errors[1:]), "right": max(errors) < LARGEST[dtype]}


def time_steps(folder: Path | None, device: torch.device, hidden: int, batch_tokens: int, rounds: int) -> list[Row]:
    """Return a row for each language model of the paper: microseconds per token, and hours for the paper's corpus."""
    params = load_params()
    scale = params.scales["paper"]
    training = scale.lm.training.model_copy(update={"batch_tokens": batch_tokens or scale.lm.training.batch_tokens})
    settings = scale.lm.model_copy(update={"hidden": hidden, "training": training})
    rows: list[Row] = []
    with TemporaryDirectory() as scratch:
        texts = folder or pretrain.draw_corpus(Path(scratch))
        corpus = pretrain.Corpus(texts, Path(scratch), scale.charcnn.projection)
        tokens = int(corpus.train.lengths.sum())
        for name in [name for name in MODELS | LARGE_MODELS if params.archs[name].layers]:
            (row,) = pretrain.compare(corpus, params.archs[name], settings, device, False, rounds, time.perf_counter)
            del row["ours is faster by"]  # it is alone
            rows.append({**row, "case": name, "hours for these texts": row["µs a token"] * tokens / 3.6e9})
    return rows


if __name__ == "__main__":
    try:
        typer.run(main)
    except UserError as error:
        sys.exit(f"error: {error}")
