"""What an SRU layer costs, forward and backward, relative to its matrix products alone: the floor of any recurrence.

    python -m benchmarks.sru --json sru.json

Compared with the `sru` package's training loop, torch's LSTM and GRU, and our GRU, all of the same sizes. On a GPU the
package's own kernel is tried, and `--bandwidth` adds how close the recurrence comes to the speed of copying memory.
"""

from collections.abc import Callable
from itertools import product
from typing import Annotated, Any

import torch
import typer
from torch import Tensor, nn

from benchmarks.rounds import medians, report, take_turns
from benchmarks.sru_package import load_sru
from pipeline.lm.rnn import gru
from pipeline.lm.rnn.sru.cell import Cell
from pipeline.lm.rnn.sru.recurrence import recur
from pipeline.machine.device import choose_device
from pipeline.machine.memory import keep_buffers

Row = dict[str, Any]
FLOOR, OURS, PACKAGE, LSTM = "matrix products", "sru, ours", "sru, the package", "nn.LSTM"
GRU, OUR_GRU = "nn.GRU", "gru, ours"
GATES = 4
"""Gates of a layer whose input is not as wide as its output."""
BYTES = {torch.bfloat16: (14, 20), torch.float32: (24, 36)}
"""Bytes read and written per channel and step by the GPU's recurrence, forward and backward: gates, h, c, gradients."""


def main(
    width: Annotated[int, typer.Option(help="Units of the layer.")] = 1024,
    inputs: Annotated[int, typer.Option(help="Width of its input.")] = 512,
    shapes: Annotated[str, typer.Option(help="Lengths and batches.")] = "200x16,40x64",
    precisions: Annotated[str, typer.Option(help="float32 or bfloat16, or both with a comma.")] = "float32",
    rounds: Annotated[int, typer.Option(help="Runs of each case.")] = 9,
    threads: Annotated[int, typer.Option(help="Threads of torch.")] = 1,
    device: Annotated[str, typer.Option(help="cpu, cuda or auto.")] = "auto",
    buffers: Annotated[bool, typer.Option(help="Keep freed memory, as the stages do.")] = True,
    bandwidth: Annotated[bool, typer.Option(help="On a GPU: bytes a second of the recurrence alone.")] = False,
    json: Annotated[str, typer.Option(help="A file for the results.", metavar="PATH")] = "",
) -> None:
    """Time a layer of each kind, side by side."""
    torch.set_num_threads(threads)
    keeps = buffers and keep_buffers()
    processor = choose_device(device)
    sizes = [tuple(int(number) for number in shape.split("x")) for shape in shapes.split(",")]
    types = [getattr(torch, name) for name in precisions.split(",")]
    tables: dict[str, list[Row]] = {}
    for (length, batch), dtype in product(sizes, types):
        cases = layers(length, batch, inputs, width, dtype, processor)
        title = f"A layer, forward and backward: L={length}, B={batch}, {inputs} to {width}, {str(dtype)[6:]}"
        tables[title] = compare(medians(take_turns(cases, rounds)))
    if bandwidth and processor.type == "cuda":
        tables["Recurrence alone"] = [
            row
            for (length, batch), dtype in product(sizes, types)
            for row in speeds(length, batch, width, dtype, processor, rounds)
        ]
    report("SRU", tables, {"rounds": rounds, "freed memory kept": keeps}, json)


def compare(seconds: dict[str, float]) -> list[Row]:
    """Return a row for each case: milliseconds, over the floor, and over our SRU."""
    return [
        {"case": name, "ms": 1000 * value, "over the floor": value / seconds[FLOOR], "over ours": value / seconds[OURS]}
        for name, value in seconds.items()
    ]


def layers(
    length: int, batch: int, width: int, hidden: int, dtype: torch.dtype, device: torch.device
) -> dict[str, Callable[[], object]]:
    """Make steps forward and backward from a fixed gradient; weights in float32, products in `dtype`."""
    torch.manual_seed(0)
    x = torch.randn(length, batch, width, device=device, requires_grad=True)
    gradient = torch.randn(length, batch, hidden, device=device)

    def step(layer: nn.Module) -> Callable[[], object]:
        layer.to(device)

        def run() -> None:
            x.grad = None
            layer.zero_grad()
            with torch.autocast(device.type, dtype=torch.bfloat16, enabled=dtype == torch.bfloat16):
                results = layer(x)
            outputs = results if isinstance(results, Tensor) else results[0]
            outputs.backward(gradient.to(outputs.dtype))

        return run

    cases = {
        FLOOR: products(x.detach(), hidden, dtype),
        OURS: step(Cell(width, hidden)),
        LSTM: step(nn.LSTM(width, hidden)),
        GRU: step(nn.GRU(width, hidden)),
        OUR_GRU: step(gru.Layer(width, hidden)),
    }
    package = _package(device)
    return cases if package is None else cases | {PACKAGE: step(package(width, hidden))}


def products(x: Tensor, hidden: int, dtype: torch.dtype) -> Callable[[], object]:
    """Make the layer's three matrix products and nothing else: U, and the gradients of input and weight."""
    rows = x.flatten(0, 1).to(dtype)  # (length * batch, width)
    weight = torch.randn(rows.shape[1], GATES * hidden, device=x.device, dtype=dtype)
    gradient = torch.randn(len(rows), GATES * hidden, device=x.device, dtype=dtype)
    return lambda: (rows @ weight, gradient @ weight.T, rows.T @ gradient)


def speeds(length: int, batch: int, hidden: int, dtype: torch.dtype, device: torch.device, rounds: int) -> list[Row]:
    """Measure the bytes per second of the recurrence and of a copy of as many bytes, side by side."""
    gates = [torch.randn(length, batch, hidden, device=device, dtype=dtype, requires_grad=True) for _ in range(GATES)]
    v = torch.randn(2, hidden, device=device)
    gradient = torch.randn_like(gates[0])
    size = length * batch * hidden
    source = torch.empty(sum(BYTES[dtype]) * size // 2, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)

    def run() -> None:
        candidate, forget, reset, highway = gates
        torch.autograd.grad(recur(candidate, forget, reset, highway, v), gates, gradient)

    seconds = medians(take_turns({"recurrence": run, "copy": lambda: target.copy_(source)}, rounds))
    moved = sum(BYTES[dtype]) * size
    name = f"L={length}, B={batch}, {str(dtype)[6:]}"
    rates = {case: moved / value / 1e12 for case, value in seconds.items()}
    return [
        {
            "case": name,
            "TB/s": rates["recurrence"],
            "copy, TB/s": rates["copy"],
            "of the copy": rates["recurrence"] / rates["copy"],
        }
    ]


def _package(device: torch.device) -> Any:
    """Return the package's cell; on a GPU only if its kernel compiles, as it silently uses a dummy otherwise."""
    if device.type == "cpu":
        return load_sru().SRUCell
    try:
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return load_sru(compiled=True).SRUCell
    except Exception as error:
        print(f"the package's kernel does not compile here: {str(error).splitlines()[0]}")
        return None


if __name__ == "__main__":
    typer.run(main)
