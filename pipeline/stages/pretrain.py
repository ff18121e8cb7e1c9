"""Stage pretrain: the bidirectional language model of one architecture, on the frozen char-CNN (paper, step 2)."""

import shutil
from pathlib import Path
from typing import Any, NamedTuple

import torch

from pipeline.errors import UserError
from pipeline.files.ids import IdSequences
from pipeline.files.metrics import write_metrics
from pipeline.files.vocabulary import Vocabulary
from pipeline.lm.bilm import BiLM
from pipeline.lm.elmo.stacks import ElmoStacks
from pipeline.lm.embed import Config, Model, save_lm
from pipeline.lm.encoders.encoder import CONFIG, WEIGHTS
from pipeline.lm.encoders.inputs import TABLE, TableInputs
from pipeline.lm.encoders.load import load_encoder
from pipeline.lm.settings import ELMO, UNTRAINED, ArchSettings, LmSettings
from pipeline.lm.training.curve import write_curve
from pipeline.lm.training.history import History
from pipeline.lm.training.train import Trainer
from pipeline.machine.describe import peak_memory, stamp
from pipeline.provenance.code import training_code
from pipeline.work.outputs import fresh_folder
from pipeline.work.run import Run


class Sources(NamedTuple):
    """The folders that the stage reads."""

    vocabulary: Path
    charcnn: Path


class Targets(NamedTuple):
    """What the stage writes."""

    lm: Path
    """A folder that works by itself."""
    metrics: Path
    """JSON."""
    curve: Path
    """CSV."""


class Choice(NamedTuple):
    """What is trained, and how."""

    name: str
    """Of the architecture, a key of `archs`."""
    arch: ArchSettings
    settings: LmSettings
    seed: int


class Trained(NamedTuple):
    """What came of it; no model for the bare char-CNN."""

    model: Model | None
    size: int
    """Types that the softmax predicts."""
    history: History


def run(sources: Sources, targets: Targets, choice: Choice, how: Run) -> None:
    """Train the architecture, from its last checkpoint on if there is one, and write the targets.

    The bare char-CNN has no stack and a published ELMo has its own: there is nothing to train, and no perplexity.
    """
    words = Vocabulary.load(sources.vocabulary)
    size = words.size
    encoder = load_encoder(sources.charcnn, torch.device("cpu"))
    shape = len(words), encoder.shape.projection
    if choice.arch.cell in UNTRAINED:
        stacks = ElmoStacks.load(sources.charcnn, how.device) if choice.arch.cell == ELMO else None
        _write(sources, targets, choice, how, Trained(stacks, size, History()))
        return
    name, arch, settings, seed = choice
    key = {"stage": "pretrain", "arch": arch.model_dump(), "lm": settings.model_dump(), "seed": seed}
    with how.checkpoint(key | {"code": training_code("pretrain", arch.cell)}, *sources) as checkpoint:
        torch.manual_seed(seed)
        inputs = TableInputs(sources.charcnn / TABLE, how.device)
        _check_table(sources, tuple(inputs.table.shape), shape)
        model = BiLM(arch, settings, inputs.width, size)
        trainer = Trainer(
            model=model,
            inputs=inputs,
            train=IdSequences(sources.vocabulary, "train", len(words)),
            validation=IdSequences(sources.vocabulary, "validation", len(words)),
            predicted=size,
            settings=settings.training,
            seed=seed,
            device=how.device,
            label=f"pretrain {name}",
            world=how.world,
            checkpoint=checkpoint,
        )
        _write(sources, targets, choice, how, Trained(model, size, trainer.run()))


def _check_table(sources: Sources, found: tuple[int, ...], expected: tuple[int, ...]) -> None:
    """The table, the vocabulary and the char-CNN belong together, or the embeddings would not be those trained on."""
    if found != expected:
        raise UserError(
            f"{sources.charcnn / TABLE}: found {found}, expected {expected}, a row for each type of "
            f"{sources.vocabulary}; make it again: dvc repro charcnn"
        )


def _write(sources: Sources, targets: Targets, choice: Choice, how: Run, trained: Trained) -> None:
    if not how.world.leads:
        return
    how.confirm()  # before anything is copied that may be gone, and after
    with fresh_folder(targets.lm) as folder:
        config = Config(name=choice.name, arch=choice.arch, lm=choice.settings, vocabulary_size=trained.size)
        save_lm(folder, config, trained.model)
        for file in (WEIGHTS, CONFIG):
            shutil.copyfile(sources.charcnn / file, folder / file)
        for file in ("vocabulary.txt", "vocabulary.json"):
            shutil.copyfile(sources.vocabulary / file, folder / file)
        how.confirm()
        write_curve(targets.curve, trained.history.points)
        facts = {"arch": choice.name, "seed": choice.seed, **_sizes(choice, trained.model), "device": how.device.type}
        write_metrics(targets.metrics, {"lm": facts | _facts(trained, how)}, stamp(how.device))


def _sizes(choice: Choice, model: Model | None) -> dict[str, int]:
    """Layers of a direction and units of each; a published ELMo has its own."""
    if isinstance(model, ElmoStacks):
        return {"layers": model.options.n_layers, "hidden": model.options.dim}
    return {"layers": choice.arch.layers, "hidden": choice.settings.hidden} if model else {"layers": 0}


def _facts(trained: Trained, how: Run) -> dict[str, Any]:
    """The result and what it cost."""
    model, _, history = trained
    if model is None:
        return {"parameters_m": 0.0}
    parameters = {"parameters_m": round(model.recurrent_parameters() / 1e6, 4)}
    if not history.points:
        return parameters
    return parameters | {
        "perplexity": round(history.points[-1].validation_perplexity, 4),
        "tokens": history.tokens,
        "tokens_per_second": round(history.tokens / history.seconds),
        "minutes": round(history.seconds / 60, 2),
        "padding_share": round(history.padding_share, 4),
        "starts": history.starts,
        "processes": how.world.size,
        **peak_memory(how.device),
    }
