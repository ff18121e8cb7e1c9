"""What a pretraining step costs per real token, compared with the step of the paper's released code.

    python -m benchmarks.pretrain --json pretrain.json

The texts are drawn, seeded: lengths from a gamma distribution with mean 45 (random batches of 16 are then 45 % padding;
the paper's corpus has 33 tokens a text), at most 200; types by Zipf's law out of 108,000; a type's characters at
random, 2 to 14 Cyrillic letters. `--vocabulary data/vocabulary` takes real ones.
"""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import numpy as np
import torch
import typer

from benchmarks import released
from benchmarks.rounds import Clock, medians, report, take_turns
from pipeline.files.ids import IdSequences, write_ids
from pipeline.files.vocabulary import SPECIALS, Vocabulary
from pipeline.lm.bilm import BiLM
from pipeline.lm.encoders.chars import CharIds, vocabulary_char_ids
from pipeline.lm.encoders.load import TABLE, TableInputs
from pipeline.lm.settings import OURS, ArchSettings, CharCnnShape, LmSettings, TrainingSettings
from pipeline.lm.training.batches import make_batch
from pipeline.lm.training.train import Trainer
from pipeline.machine.device import choose_device
from pipeline.machine.memory import keep_buffers
from pipeline.work.interruption import StopRequest

Row = dict[str, Any]
TOKENS = 294e6
"""The tokens of the paper's corpus."""
ELMO = [(1, 32), (2, 32), (3, 64), (4, 128), (5, 256), (6, 512), (7, 1024)]
TYPES, TEXTS, MEAN_LENGTH, LONGEST = 108_000, 20_000, 45, 200


def main(
    archs: Annotated[str, typer.Option(help="Cells, each with its layers.")] = "sru2,gru2,lstm2,sru12",
    hidden: Annotated[int, typer.Option(help="Units of a layer in each direction.")] = 1024,
    projection: Annotated[int, typer.Option(help="Width of a token's vector.")] = 512,
    batch_tokens: Annotated[int, typer.Option(help="Positions of a step of ours.")] = 6400,
    cutoffs: Annotated[str, typer.Option(help="Of our adaptive softmax.")] = "2000,10000,50000",
    vocabulary: Annotated[Path | None, typer.Option(help="A folder data/vocabulary.")] = None,
    baseline: Annotated[bool, typer.Option(help="Time the released code's step too.")] = True,
    rounds: Annotated[int, typer.Option(help="Runs of each case.")] = 5,
    threads: Annotated[int, typer.Option(help="Threads of torch.")] = 1,
    device: Annotated[str, typer.Option(help="cpu, cuda or auto.")] = "auto",
    cpu_time: Annotated[bool, typer.Option(help="CPU time, where other work disturbs the machine.")] = False,
    json: Annotated[str, typer.Option(help="A file for the results.", metavar="PATH")] = "",
) -> None:
    """Time whole steps, side by side."""
    torch.set_num_threads(threads)
    keep_buffers()
    processor, clock = choose_device(device), time.process_time if cpu_time else time.perf_counter
    tables: dict[str, list[Row]] = {}
    with TemporaryDirectory() as scratch:
        corpus = Corpus(vocabulary or draw_corpus(Path(scratch)), Path(scratch), projection)
        training = _training(batch_tokens, [int(cutoff) for cutoff in cutoffs.split(",")])
        for name in archs.split(","):
            arch = ArchSettings(
                cell=name.rstrip("0123456789"), layers=int(name.lstrip("abcdefghijklmnopqrstuvwxyz")), residual=False
            )
            tables[f"{name}: a step"] = compare(
                corpus,
                arch,
                LmSettings(hidden=hidden, softmax_from_vectors=False, training=training),
                processor,
                baseline,
                rounds,
                clock,
            )
    report(
        "Pretraining",
        tables,
        {
            "rounds": rounds,
            "hidden": hidden,
            "batch_tokens": batch_tokens,
            "cutoffs": cutoffs,
            "time": "CPU" if cpu_time else "wall",
        },
        json,
    )


class Corpus:
    """Texts, the characters of their types, and a frozen table of vectors."""

    def __init__(self, folder: Path, scratch: Path, width: int) -> None:
        words = Vocabulary.load(folder)
        self.size, self.width = words.size, width
        self.chars: CharIds = vocabulary_char_ids(words.types)
        self.train, self.validation = IdSequences(folder, "train", 2**31), IdSequences(folder, "validation", 2**31)
        self.table, self.shape = scratch / TABLE, (len(words), width)
        np.save(self.table, np.random.default_rng(0).normal(size=self.shape).astype(np.float16))


def draw_corpus(folder: Path) -> Path:
    """Write a `data/vocabulary` folder as described above, and return it."""
    chance = np.random.default_rng(1)
    letters = np.array(list("абвгдежзийклмнопрстуфхцчшщъыьэюя"))
    lemmas = ["".join(chance.choice(letters, chance.integers(2, 15))) + str(n) for n in range(TYPES)]
    (folder / "vocabulary.txt").write_text("".join(f"{lemma}\t1\n" for lemma in lemmas), encoding="utf-8")
    (folder / "vocabulary.json").write_text(f'{{"size": {TYPES + len(SPECIALS)}, "types": {TYPES + len(SPECIALS)}}}\n')
    shares = 1 / (np.arange(TYPES) + 2.7)
    for name, texts in (("train", TEXTS), ("validation", 50)):
        lengths = np.clip(chance.gamma(6, MEAN_LENGTH / 6, texts).round().astype(int), 1, LONGEST)
        ids = len(SPECIALS) + chance.choice(TYPES, lengths.sum(), p=shares / shares.sum())
        write_ids(folder, name, [text.tolist() for text in np.split(ids, np.cumsum(lengths)[:-1])])
    return folder


def compare(
    corpus: Corpus,
    arch: ArchSettings,
    settings: LmSettings,
    device: torch.device,
    baseline: bool,
    rounds: int,
    clock: Clock,
) -> list[Row]:
    """Return a row for each way of doing it: microseconds per real token, ratios, shares of the char-CNN."""
    ways = {"ours": ours(corpus, arch, settings, rounds, device)}
    if baseline:
        charcnn = CharCnnShape(
            encoder="cnn",
            embedding=16,
            filters=ELMO,
            highway=2,
            activation="relu",
            projection=corpus.width,
            projects=True,
            reading=OURS,
        )
        for name, trained in (("released", True), ("released, char-CNN frozen", False)):
            model = released.Released(arch, charcnn, settings.hidden, len(corpus.chars) + 1, trained)
            ways[name] = released.steps(model, corpus.train, corpus.chars, rounds + 1, 1, device)
    cases = {name: _in_turn([step.run for step in way]) for name, way in ways.items()}
    cases |= {_part(name): _in_turn([step.charcnn for step in way]) for name, way in ways.items()}
    seconds = take_turns(cases, rounds, clock)
    tokens = {name: [step.tokens for step in way[1:]] for name, way in ways.items()}
    per_token = medians({name: _divide(seconds[name], tokens[name]) for name in ways})
    in_charcnn = medians({name: _divide(seconds[_part(name)], tokens[name]) for name in ways})
    return [
        {
            "case": name,
            "µs a token": 1e6 * per_token[name],
            "tokens/s": 1 / per_token[name],
            "ours is faster by": per_token[name] / per_token["ours"],
            "char-CNN, %": 100 * in_charcnn[name] / per_token[name],
            "padding, %": 100 * (1 - sum(s.tokens for s in way) / sum(s.positions for s in way)),
            "hours for 294 M tokens": TOKENS * per_token[name] / 3600,
        }
        for name, way in ways.items()
    ]


def _part(name: str) -> str:
    return f"{name}, char-CNN alone"


def _divide(seconds: list[float], tokens: list[int]) -> list[float]:
    return [second / number for second, number in zip(seconds, tokens, strict=True)]


def ours(
    corpus: Corpus, arch: ArchSettings, settings: LmSettings, rounds: int, device: torch.device
) -> list[released.Step]:
    """Make the trainer's own steps."""
    torch.manual_seed(0)
    inputs = TableInputs(corpus.table, corpus.shape, device)
    model = BiLM(arch, settings, corpus.shape[1], corpus.size)
    trainer = Trainer(model, inputs, corpus.train, corpus.validation, corpus.size, settings.training, 1, device)
    request = StopRequest()
    return [
        released.Step(
            run=lambda: trainer.step(request),
            tokens=trainer.plan.tokens(n),
            positions=trainer.plan.positions(n),
            charcnn=partial(inputs, make_batch(corpus.train, trainer.plan.steps[n], corpus.size).to(device).inputs),
        )
        for n in range(rounds + 1)
    ]


def _in_turn(calls: list[Callable[[], object]]) -> Callable[[], object]:
    """Make a function that calls the next of them each time."""
    rest = iter(calls)
    return lambda: next(rest)()


def _training(batch_tokens: int, cutoffs: list[int]) -> TrainingSettings:
    return TrainingSettings(
        batch_tokens=batch_tokens,
        epochs=1,
        learning_rate=1e-3,
        warmup=0.05,
        weight_decay=0.01,
        clip=1.5,
        dropout=0.1,
        accumulation=1,
        cutoffs=cutoffs,
    )


if __name__ == "__main__":
    typer.run(main)
