"""Stage pretrain: the bidirectional language model of one architecture, on the frozen char-CNN (paper, step 2)."""

import shutil
from typing import Any

import torch

from pipeline.files.ids import IdSequences
from pipeline.files.json import write_json, write_metrics
from pipeline.files.vocabulary import Vocabulary
from pipeline.lm.bilm import BiLM
from pipeline.lm.elmo.stacks import ElmoStacks
from pipeline.lm.embed import Config, Model, save_lm
from pipeline.lm.encoders.encoder import CONFIG, WEIGHTS
from pipeline.lm.encoders.load import TABLE, TableInputs, load_encoder
from pipeline.lm.settings import ELMO, UNTRAINED
from pipeline.lm.training.history import History
from pipeline.lm.training.train import Trainer
from pipeline.machine.describe import peak_memory, stamp
from pipeline.machine.device import choose_device
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.provenance.code import training_code
from pipeline.work.checkpoint import Run, start
from pipeline.work.outputs import fresh_folder


def run(paths: Paths, params: Params) -> None:
    """Train the chosen architecture of `archs` on `paths.vocabulary` and `paths.charcnn`, from its last checkpoint if
    there is one; the block `lm` says how. Write `paths.lm`, a folder that works by itself, `paths.pretrain` (JSON),
    `paths.pretrain_curve` (CSV) and `paths.cost` (JSON), the time and memory that it took on this machine.

    The bare char-CNN has no stack and a published ELMo has its own: there is nothing to train, and no perplexity.
    """
    device = choose_device(params.compute.device)
    with start(device, paths.checkpoints, params.compute.checkpoint_minutes) as job:
        words = Vocabulary.load(paths.vocabulary)
        width = load_encoder(paths.charcnn, torch.device("cpu")).shape.projection
        if params.chosen_arch.cell not in UNTRAINED:
            _train(paths, params, job, words, width)
        elif job.world.leads:
            stacks = ElmoStacks.load(paths.charcnn, device) if params.chosen_arch.cell == ELMO else None
            _write(paths, params, job, words, stacks, History())


def _train(paths: Paths, params: Params, job: Run, words: Vocabulary, width: int) -> None:
    arch, settings = params.chosen_arch, params.chosen_scale.lm
    key = {"stage": "pretrain", "arch": arch.model_dump(), "lm": settings.model_dump(), "seed": params.seed}
    key["code"] = training_code("pretrain", arch.cell)
    with job.checkpoint(key, paths.vocabulary, paths.charcnn) as checkpoint:
        torch.manual_seed(params.seed)
        model = BiLM(arch, settings, width, words.size)
        inputs = TableInputs(paths.charcnn / TABLE, (len(words), width), job.device)
        if settings.softmax_from_vectors:
            model.softmax.start_from(inputs.table[: words.size].float().cpu())
        trainer = Trainer(
            model=model,
            inputs=inputs,
            train=IdSequences(paths.vocabulary, "train", len(words)),
            validation=IdSequences(paths.vocabulary, "validation", len(words)),
            predicted=words.size,
            settings=settings.training,
            seed=params.seed,
            device=job.device,
            label=f"pretrain {params.arch}",
            world=job.world,
            checkpoint=checkpoint,
        )
        history = trainer.run()
        if job.world.leads:
            _write(paths, params, job, words, model, history)


def _write(paths: Paths, params: Params, job: Run, words: Vocabulary, model: Model | None, history: History) -> None:
    arch, settings = params.chosen_arch, params.chosen_scale.lm
    sizes = {"layers": model.depth, "hidden": model.hidden} if model else {"layers": 0}
    results: dict[str, Any] = {"arch": params.arch, "seed": params.seed, **sizes}
    results["parameters_m"] = round(model.recurrent_parameters() / 1e6, 4) if model else 0.0
    cost: dict[str, Any] = {"device": job.device.type}
    if history.points:
        results["perplexity"] = round(history.points[-1].validation_perplexity, 4)
        results["tokens"] = history.tokens
        results["padding_share"] = round(1 - history.tokens / max(history.positions, 1), 4)
        cost["minutes"] = round(history.seconds / 60, 2)
        cost["cpu_minutes"] = round(history.cpu_seconds * job.world.size / 60, 3)
        cost["tokens_per_second"] = round(history.tokens / history.seconds)
        cost |= {"starts": history.starts, "processes": job.world.size, **peak_memory(job.device)}
    with fresh_folder(paths.lm) as folder:
        trained = None if arch.cell in UNTRAINED else settings
        save_lm(folder, Config(name=params.arch, arch=arch, lm=trained, vocabulary_size=words.size), model)
        encoder = [paths.charcnn / WEIGHTS, paths.charcnn / CONFIG]
        for path in (*encoder, paths.vocabulary / "vocabulary.txt", paths.vocabulary / "vocabulary.json"):
            shutil.copyfile(path, folder / path.name)
        history.write_curve(paths.pretrain_curve)
        write_json(paths.pretrain, {"lm": results})
        write_metrics(paths.cost, {"lm": cost}, stamp(job.device))
