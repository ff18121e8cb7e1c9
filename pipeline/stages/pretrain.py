"""Stage pretrain: the bidirectional language model of one architecture, on the frozen char-CNN (paper, step 2)."""

import shutil
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
from pipeline.lm.settings import ELMO, UNTRAINED
from pipeline.lm.training.curve import write_curve
from pipeline.lm.training.history import History
from pipeline.lm.training.train import Trainer
from pipeline.machine.describe import peak_memory, stamp
from pipeline.machine.device import choose_device
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.provenance.code import training_code
from pipeline.work.outputs import fresh_folder
from pipeline.work.run import Run, start


class Trained(NamedTuple):
    """What came of it; no model for the bare char-CNN."""

    model: Model | None
    size: int
    """Types that the softmax predicts."""
    history: History


def run(paths: Paths, params: Params) -> None:
    """Train the architecture of `archs` that is chosen, from its last checkpoint on if there is one, on
    `paths.vocabulary` and `paths.charcnn`; the block `lm` says how. Write `paths.lm`, a folder that works by itself,
    `paths.pretrain` (JSON) and `paths.pretrain_curve` (CSV).

    The bare char-CNN has no stack and a published ELMo has its own: there is nothing to train, and no perplexity.
    """
    device = choose_device(params.compute.device)
    with start(device, paths.checkpoints, params.compute.checkpoint_minutes) as how:
        words = Vocabulary.load(paths.vocabulary)
        shape = len(words), load_encoder(paths.charcnn, torch.device("cpu")).shape.projection
        if params.chosen_arch.cell in UNTRAINED:
            stacks = ElmoStacks.load(paths.charcnn, how.device) if params.chosen_arch.cell == ELMO else None
            _write(paths, params, how, Trained(stacks, words.size, History()))
        else:
            _train(paths, params, how, words, shape)


def _train(paths: Paths, params: Params, how: Run, words: Vocabulary, shape: tuple[int, int]) -> None:
    """`shape` is that of the table: a row for each of the words."""
    arch, settings = params.chosen_arch, params.chosen_scale.lm
    key = {"stage": "pretrain", "arch": arch.model_dump(), "lm": settings.model_dump(), "seed": params.seed}
    key["code"] = training_code("pretrain", arch.cell)
    with how.checkpoint(key, paths.vocabulary, paths.charcnn) as checkpoint:
        torch.manual_seed(params.seed)
        inputs = TableInputs(paths.charcnn / TABLE, how.device)
        # or else the embeddings would not be those trained on
        if inputs.table.shape != shape:
            raise UserError(
                f"{paths.charcnn / TABLE}: found {tuple(inputs.table.shape)}, expected {shape}, a row for each type of "
                f"{paths.vocabulary}; make it again: dvc repro charcnn"
            )
        model = BiLM(arch, settings, inputs.width, words.size)
        trainer = Trainer(
            model=model,
            inputs=inputs,
            train=IdSequences(paths.vocabulary, "train", len(words)),
            validation=IdSequences(paths.vocabulary, "validation", len(words)),
            predicted=words.size,
            settings=settings.training,
            seed=params.seed,
            device=how.device,
            label=f"pretrain {params.arch}",
            world=how.world,
            checkpoint=checkpoint,
        )
        _write(paths, params, how, Trained(model, words.size, trainer.run()))


def _write(paths: Paths, params: Params, how: Run, trained: Trained) -> None:
    if not how.world.leads:
        return
    model, arch, settings = trained.model, params.chosen_arch, params.chosen_scale.lm
    with fresh_folder(paths.lm) as folder:
        config = Config(name=params.arch, arch=arch, lm=settings, vocabulary_size=trained.size)
        save_lm(folder, config, model)
        for file in (WEIGHTS, CONFIG):
            shutil.copyfile(paths.charcnn / file, folder / file)
        for file in ("vocabulary.txt", "vocabulary.json"):
            shutil.copyfile(paths.vocabulary / file, folder / file)
        write_curve(paths.pretrain_curve, trained.history.points)
        sizes = {"layers": arch.layers, "hidden": settings.hidden} if model else {"layers": 0}
        if isinstance(model, ElmoStacks):
            sizes = {"layers": model.options.n_layers, "hidden": model.options.dim}
        facts = {"arch": params.arch, "seed": params.seed, **sizes, "device": how.device.type}
        write_metrics(paths.pretrain, {"lm": facts | _facts(trained, how)}, stamp(how.device))


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
