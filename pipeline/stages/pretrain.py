"""Stage pretrain: the bidirectional language model of one architecture, on the frozen char-CNN (paper, step 2)."""

import resource
import shutil
from pathlib import Path
from typing import Any

import torch

from pipeline.device import choose_device
from pipeline.ids import IdSequences
from pipeline.lm.bilm import BiLM
from pipeline.lm.charcnn import CONFIG, WEIGHTS
from pipeline.lm.curve import write_curve
from pipeline.lm.embed import save_lm
from pipeline.lm.inputs import TABLE, TableInputs
from pipeline.lm.settings import NO_CELL, ArchSettings, LmSettings
from pipeline.lm.train import History, Trainer
from pipeline.outputs import fresh_folder, need, write_json
from pipeline.vocabulary import Vocabulary


def run(
    vocabulary: Path,
    charcnn: Path,
    target: Path,
    metrics: Path,
    curve: Path,
    name: str,
    arch: ArchSettings,
    settings: LmSettings,
    seed: int,
    device: str,
) -> None:
    """Train `arch`; write `target`, which works by itself, `metrics` (JSON) and `curve` (CSV).

    The bare char-CNN has no stack: there is nothing to train, and no perplexity.
    """
    torch.manual_seed(seed)
    size = Vocabulary.load(vocabulary).size
    need(charcnn / CONFIG, "charcnn")
    model, history, facts = None, History(), {"parameters_m": 0.0}
    if arch.cell != NO_CELL:
        place = choose_device(device)
        inputs = TableInputs(charcnn / TABLE, place)
        model = BiLM(arch, settings, inputs.width, size)
        train, validation = IdSequences(vocabulary, "train"), IdSequences(vocabulary, "validation")
        trainer = Trainer(model, inputs, train, validation, size, settings.training, seed, place)
        history = trainer.run(f"pretrain {name}")
        facts = _facts(model, history)
    with fresh_folder(target) as folder:
        save_lm(folder, name, arch, settings, model, size)
        for file in (WEIGHTS, CONFIG):
            shutil.copyfile(charcnn / file, folder / file)
        for file in ("vocabulary.txt", "vocabulary.json"):
            shutil.copyfile(vocabulary / file, folder / file)
        write_curve(curve, history.points)
        write_json(metrics, {"lm": {"arch": name, "seed": seed, "torch": torch.__version__, **facts}})


def _facts(model: BiLM, history: History) -> dict[str, Any]:
    """The result and its circumstances."""
    return {
        "perplexity": round(history.points[-1].validation_perplexity, 4),
        "parameters_m": round(model.recurrent_parameters() / 1e6, 4),
        "tokens": history.tokens,
        "tokens_per_second": round(history.tokens / history.seconds),
        "minutes": round(history.seconds / 60, 2),
        "padding_share": round(history.padding_share, 4),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "device": str(next(model.parameters()).device),
    }
