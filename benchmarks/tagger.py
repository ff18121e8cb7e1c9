"""What a training step of the tagger costs, part by part, and how much length buckets and its own BiLSTM save.

    python -m benchmarks.tagger --json tagger.json

Microseconds per real token: padding is work, but no token. Sentence lengths are drawn: exp of a normal variable with
mean 2.794 and deviation 0.535, rounded, at most 124; these are mean and deviation of the logarithms in WikiNEuRal's
Russian validation split (mean 18.8 tokens, 1 % above 53, the longest of the test split 124). Features are random, in
a memory map that `pipeline.ner.tagging.features` wrote a moment ago: read from the page cache, so that no disk is
measured.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
import typer
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_sequence, pad_packed_sequence

from benchmarks.rounds import medians, report, take_turns
from pipeline.machine.device import choose_device
from pipeline.machine.memory import keep_buffers
from pipeline.ner.data.bio import bio_labels
from pipeline.ner.settings import TaggerSizes
from pipeline.ner.tagging.batches import WINDOW, Indices, inference_batches, training_batches
from pipeline.ner.tagging.examples import Examples
from pipeline.ner.tagging.features import Features, build_features
from pipeline.ner.tagging.surface import read_letters
from pipeline.ner.tagging.tagger import BATCH, Tagger, load_batch
from pipeline.ner.tagging.train import train_step

LABELS = {
    "WikiNEuRal": bio_labels(["PER", "LOC", "ORG", "MISC"]),
    "MultiCoNER": bio_labels(["PER", "LOC", "GRP", "CORP", "PROD", "CW"]),
}
LONGEST = 124
DROPOUT, CLIP, LEARNING_RATE = 0.2, 10.5, 1e-3
RANDOM, PACKED, OURS = "random batches", "length buckets, torch's packed BiLSTM", "length buckets"
"""The last is the tagger's step as it is."""

Row = dict[str, Any]


class Case(NamedTuple):
    """Something to time, and the number of its real tokens."""

    run: Callable[[], object]
    tokens: int


class Sizes(NamedTuple):
    """The sizes of the tagger, and how much is timed."""

    width: int
    hidden: int
    layers: int
    batch: int
    steps: int
    rounds: int
    device: torch.device


def main(
    width: Annotated[int, typer.Option(help="Width of the features.")] = 1024,
    hidden: Annotated[int, typer.Option(help="Units of the BiLSTM in each direction.")] = 120,
    layers: Annotated[int, typer.Option(help="Layers of the BiLSTM.")] = 2,
    batch: Annotated[int, typer.Option(help="Sentences a step.")] = 128,
    steps: Annotated[int, typer.Option(help="Batches a run, from short to long.")] = 3,
    rounds: Annotated[int, typer.Option(help="Runs of each case.")] = 7,
    threads: Annotated[int, typer.Option(help="Threads of torch.")] = 1,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    json: Annotated[str, typer.Option(help="A file for the results.", metavar="PATH")] = "",
) -> None:
    """Time the tagger: training step, its parts, prediction."""
    keep_buffers()  # as the pipeline's commands do
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    sizes = Sizes(width, hidden, layers, batch, steps, rounds, choose_device(device))
    titles = ("Training step", "Parts of the step", "Prediction")
    tables: dict[str, list[Row]] = {title: [] for title in titles}
    with TemporaryDirectory() as folder:
        features = draw_features(Path(folder), draw_lengths(batch * WINDOW), width)
        for corpus, labels in LABELS.items():
            results = (*training(features, labels, sizes), prediction(features, labels, sizes))
            for table, rows in zip(tables.values(), results, strict=True):
                table.extend({"labels": f"{len(labels)} ({corpus})", **row} for row in rows)
    options = {key: str(value) for key, value in sizes._asdict().items()}
    circumstances = {"us": "microseconds per real token, medians", "clock": clock(sizes).__name__, **options}
    report("tagger", tables, circumstances, json)


def draw_lengths(sentences: int) -> Indices:
    """Draw lengths like WikiNEuRal's, int64 (sentences,)."""
    drawn = np.exp(np.random.default_rng(1).normal(2.794, 0.535, sentences)).round()
    return np.clip(drawn, 1, LONGEST).astype(np.int64)


def draw_features(folder: Path, lengths: Indices, width: int) -> Features:
    """Write random vectors for sentences of these lengths, in the pipeline's own form."""
    random = np.random.default_rng(2)

    def embed(batch: list[list[str]]) -> list[npt.NDArray[np.float32]]:
        return [random.standard_normal((len(sentence), width), dtype=np.float32) for sentence in batch]

    letters = read_letters([""] * int(lengths.sum()))  # which the paper's tagger does not read
    return build_features(folder, "features", [[""] * length for length in lengths.tolist()], embed, letters)


def spread(batches: list[Indices], lengths: Indices, steps: int) -> list[Indices]:
    """Choose `steps` batches, from short to long: the middles of equal parts."""
    ordered = sorted(batches, key=lambda batch: lengths[batch].max())
    return [ordered[int((step + 0.5) * len(ordered) / steps)] for step in range(steps)]


def count(lengths: Indices, batches: list[Indices]) -> int:
    """Count the tokens of the batches."""
    return int(sum(lengths[batch].sum() for batch in batches))


def padding(lengths: Indices, batches: list[Indices]) -> float:
    """Return the share of the padded batches that is padding."""
    return 1 - count(lengths, batches) / int(sum(len(batch) * lengths[batch].max() for batch in batches))


def microseconds(cases: Mapping[str, Case], sizes: Sizes) -> dict[str, float]:
    """Return the microseconds per real token of cases that take turns."""
    seconds = medians(take_turns({name: case.run for name, case in cases.items()}, sizes.rounds, clock(sizes)))
    return {name: 1e6 * value / cases[name].tokens for name, value in seconds.items()}


def clock(sizes: Sizes) -> Callable[[], float]:
    """Choose CPU time if one thread does all the work: other programs disturb it less."""
    alone = sizes.device.type == "cpu" and torch.get_num_threads() == 1
    return time.process_time if alone else time.perf_counter


def new_tagger(labels: list[str], sizes: Sizes) -> Tagger:
    """Make the paper's tagger."""
    shape = TaggerSizes(
        labels=labels,
        width=sizes.width,
        hidden=sizes.hidden,
        layers=sizes.layers,
        dropout=DROPOUT,
        features="top",
        lm_layers=1,
        word_dropout=0,
        bottleneck=0,
        standardise=False,
        surface=0,
        characters="",
    )
    return Tagger(shape).to(sizes.device).train()


def training(features: Features, labels: list[str], sizes: Sizes) -> tuple[list[Row], list[Row]]:
    """Return the rows of the first two tables, from the same turns."""
    random, lengths = np.random.default_rng(3), features.lengths
    like = spread(training_batches(lengths, sizes.batch, random), lengths, sizes.steps)
    mixed = spread(np.split(random.permutation(len(lengths)), WINDOW), lengths, sizes.steps)
    examples = Examples(features, np.zeros(int(lengths.sum()), dtype=np.int64), labels)
    parts = part_cases(examples, like, labels, sizes)
    steps = {
        RANDOM: step(examples, mixed, new_tagger(labels, sizes)),
        PACKED: step(examples, like, packed_tagger(labels, sizes)),
        OURS: step(examples, like, new_tagger(labels, sizes)),
    }
    times = microseconds({**steps, **parts}, sizes)
    pads = {RANDOM: padding(lengths, mixed), PACKED: 0.0, OURS: padding(lengths, like)}
    rows = [
        {"step": name, "padding %": 100 * share, "us": times[name], "times as fast": times[RANDOM] / times[name]}
        for name, share in pads.items()
    ]
    rest = times[OURS] - sum(times[name] for name in parts)
    whole = {**{name: times[name] for name in parts}, "all else": rest, "the step": times[OURS]}
    return rows, share_rows(whole, times[OURS])


def share_rows(parts: Mapping[str, float], whole: float) -> list[Row]:
    return [{"part": name, "us": value, "share %": 100 * value / whole} for name, value in parts.items()]


class Packed(nn.LSTM):
    """The BiLSTM as torch has it, over packed sentences; called as the tagger's own."""

    def forward(self, vectors: Tensor, lengths: Tensor, sentence: Tensor, time: Tensor) -> Tensor:  # type: ignore[override]
        packed = pack_sequence(list(vectors.split(lengths.tolist())), enforce_sorted=False)
        states: Tensor = pad_packed_sequence(super().forward(packed)[0])[0][time, sentence]
        return states


def packed_tagger(labels: list[str], sizes: Sizes) -> Tagger:
    tagger = new_tagger(labels, sizes)
    tagger.lstm = Packed(sizes.width, sizes.hidden, sizes.layers, bidirectional=True).to(sizes.device)  # type: ignore[assignment]
    return tagger


def step(examples: Examples, batches: list[Indices], tagger: Tagger) -> Case:
    optimizer = torch.optim.AdamW(tagger.parameters(), lr=LEARNING_RATE, weight_decay=0, fused=True)
    return Case(
        lambda: [train_step(tagger, optimizer, examples, batch, CLIP) for batch in batches],
        count(examples.features.lengths, batches),
    )


def mask_of(lengths: Indices) -> Tensor:
    """Return a mask that is true where there is a token, bool (sentences, longest)."""
    return torch.arange(int(lengths.max())) < torch.from_numpy(lengths).unsqueeze(1)


class Caught(NamedTuple):
    """The inputs and outputs of the parts of the step, for one batch."""

    half: Tensor
    given: tuple[Tensor, ...]
    """What the BiLSTM reads."""
    outputs: Tensor
    states: Tensor
    for_crf: tuple[Tensor, Tensor, Tensor]
    loss: Tensor


def catch(tagger: Tagger, features: Features, batch: Indices) -> Caught:
    half, lengths, letters = load_batch(tagger, features, batch, features.rows(batch))
    inputs: list[Any] = []
    hooks = [
        part.register_forward_pre_hook(lambda _, given: inputs.append(given)) for part in (tagger.lstm, tagger.linear)
    ]
    emissions = tagger.emissions(half, lengths, letters).detach().requires_grad_()
    for hook in hooks:
        hook.remove()
    given, (states,) = inputs
    mask = mask_of(features.lengths[batch]).to(emissions.device)
    for_crf = (emissions, torch.zeros_like(mask, dtype=torch.int64), mask)
    outputs, loss = tagger.lstm(*given), tagger.crf.loss(*for_crf)
    return Caught(half, given, outputs, states.detach().requires_grad_(), for_crf, loss)


def part_cases(examples: Examples, batches: list[Indices], labels: list[str], sizes: Sizes) -> dict[str, Case]:
    """Make cases of the parts of the step, with the inputs that really reach them."""
    tagger, features = new_tagger(labels, sizes), examples.features
    caught = [catch(tagger, features, batch) for batch in batches]

    def both_ways(states: Tensor) -> None:
        tagger.linear(torch.relu(tagger.dropout(states))).sum().backward()

    parts: dict[str, Callable[[], object]] = {
        "gather from the map": lambda: [load_batch(tagger, features, b, features.rows(b)) for b in batches],
        "to float": lambda: [x.half.float() for x in caught],
        "dropout of features": lambda: [tagger.dropout(x.given[0]) for x in caught],
        "BiLSTM forward": lambda: [tagger.lstm(*x.given) for x in caught],
        "BiLSTM backward": lambda: [x.outputs.backward(x.states, retain_graph=True) for x in caught],
        "dropout, ReLU, linear, both ways": lambda: [both_ways(x.states) for x in caught],  # type: ignore[func-returns-value]
        "CRF forward": lambda: [tagger.crf.loss(*x.for_crf) for x in caught],
        "CRF backward": lambda: [x.loss.backward(retain_graph=True) for x in caught],
        "clipping and Adam": updates(tagger, len(batches)),
    }
    tokens = count(features.lengths, batches)
    return {name: Case(run, tokens) for name, run in parts.items()}


def updates(tagger: Tagger, steps: int) -> Callable[[], object]:
    """Make a function that clips and updates parameters like the tagger's, with fixed gradients."""
    parameters = [nn.Parameter(torch.randn_like(parameter)) for parameter in tagger.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=LEARNING_RATE, fused=True)
    for parameter in parameters:
        parameter.grad = torch.randn_like(parameter)

    def run() -> None:
        for _ in range(steps):
            nn.utils.clip_grad_norm_(parameters, CLIP)
            optimizer.step()

    return run


def prediction(features: Features, labels: list[str], sizes: Sizes) -> list[Row]:
    """Return the rows of the third table: prediction, and the CRF's share in it."""
    tagger = new_tagger(labels, sizes).eval()
    batches = spread(inference_batches(features.lengths, BATCH), features.lengths, sizes.steps)

    def load(batch: Indices) -> tuple[Tensor, Tensor, Tensor]:
        return load_batch(tagger, features, batch, features.rows(batch))

    @torch.no_grad()
    def tag(batch: Indices) -> Tensor:
        vectors, lengths, letters = load(batch)
        return tagger.best(tagger.emissions(vectors, lengths, letters), lengths).cpu()

    with torch.no_grad():
        given = [(tagger.emissions(*load(b)), mask_of(features.lengths[b]).to(sizes.device)) for b in batches]
    runs: dict[str, Callable[[], object]] = {
        "prediction": lambda: [tag(batch) for batch in batches],
        "of it, best tags": lambda: [tagger.crf.best(*pair) for pair in given],
        "instead, pytorch-crf's decode": lambda: [tagger.crf.decode(*pair) for pair in given],
    }
    tokens = count(features.lengths, batches)
    times = microseconds({name: Case(run, tokens) for name, run in runs.items()}, sizes)
    return share_rows(times, times["prediction"])


if __name__ == "__main__":
    typer.run(main)
