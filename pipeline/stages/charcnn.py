"""Stage charcnn: the encoder of tokens, trained, taught by vectors of words or imported; every type's vector."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from typing_extensions import TypedDict

from pipeline.errors import UserError, shown
from pipeline.files.ids import IdSequences
from pipeline.files.json import read_json, write_cost, write_json
from pipeline.files.shards import COUNTS
from pipeline.files.vocabulary import SPECIALS, Vocabulary
from pipeline.lm.bilm import BiLM
from pipeline.lm.elmo.published import read_elmo
from pipeline.lm.encoders.chars import CharIds, char_ids, vocabulary_char_ids
from pipeline.lm.encoders.encoder import TYPES_A_BATCH, CharEncoder, CharInputs
from pipeline.lm.encoders.known import KnownWords
from pipeline.lm.encoders.load import TABLE, make_encoder
from pipeline.lm.encoders.words import WordVectors
from pipeline.lm.lemmas import Lemmas
from pipeline.lm.rnn import lstm  # by name below, and so among the deps in dvc.yaml
from pipeline.lm.settings import OURS, VECTORS, ArchSettings, CharCnnSettings, KnownShape, LmSettings, WordShape
from pipeline.lm.training.spelling import Epoch, Speller, write_epochs
from pipeline.lm.training.train import Trainer
from pipeline.lm.vectors.static import Format, StaticVectors, read_vectors, standardise
from pipeline.machine.describe import stamp
from pipeline.machine.device import choose_device
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.provenance.code import read_sources, stage_code, training_code
from pipeline.work.checkpoint import Run, start
from pipeline.work.outputs import fresh_folder
from pipeline.work.progress import say, track


class VectorsSource(TypedDict):
    """source.json of static vectors; it has no file where none was asked for."""

    file: str | None
    format: Format | None


class Source(TypedDict):
    """source.json of a published ELMo; it has no files where none was asked for."""

    files: dict[str, Any]
    lemmas: Lemmas | None


_TEACHER = ArchSettings(cell=lstm.__name__.rpartition(".")[2], layers=1, residual=True)
"""The small language model that trains the char-CNN and is thrown away. As in ELMo, a residual connection bypasses its
LSTM; without one it hardly learns more than word frequencies in so short a training, and the char-CNN below it learns
nothing."""
_FREQUENT = slice(len(SPECIALS), len(SPECIALS) + 5000)
"""The most frequent types, which stand for all when the outputs are standardised."""


def run(paths: Paths, params: Params) -> None:
    """Read `paths.vocabulary` (types and ids); write the char-CNN, its learning curve and `vectors.npy` to
    `paths.charcnn`. The block `charcnn` says what is trained and how, or that the published one in `paths.elmo` or
    the static vectors in `paths.vectors` are taken.

    The vectors are float16 (types, projection), a row for each id. A run that was stopped goes on from its last
    checkpoint.
    """
    device = choose_device(params.compute.device)
    with start(device, paths.checkpoints, params.compute.checkpoint_minutes) as job:
        if not params.imports_elmo and not params.imports_vectors:
            _train(paths, params.chosen_scale.charcnn, params.seed, job)
        elif job.world.leads:
            if params.imports_elmo:
                _import_published(paths, device)
            else:
                _take_vectors(paths, params.chosen_scale.charcnn, params.seed, job)


def _import_published(paths: Paths, device: torch.device) -> None:
    """Write the char-CNN of the published ELMo, its `vectors.npy`, and its stacks for `arch: elmo`."""
    source = read_json(paths.elmo / "source.json", Source, "fetch")
    if not source["files"] or not source["lemmas"]:
        raise UserError(f"{paths.elmo}: holds no published ELMo, and params.yaml asks for one; run: dvc repro charcnn")
    charcnn, stacks = read_elmo(paths.elmo, source["lemmas"])
    chars = vocabulary_char_ids(Vocabulary.load(paths.vocabulary).types, charcnn.shape.reading)
    with fresh_folder(paths.charcnn) as folder:
        charcnn.save(folder)
        stacks.save(folder)
        write_table(folder / TABLE, charcnn.to(device), chars)
        write_cost(paths.encoder_cost, "encoder", 0, stamp(device))


def _take_vectors(paths: Paths, settings: CharCnnSettings, seed: int, job: Run) -> None:
    """Write an encoder that has learned the static vectors in `paths.vectors` from spelling, or that is their table."""
    source = read_json(paths.vectors / "source.json", VectorsSource, "fetch")
    if not source["file"] or not source["format"]:
        fault = "holds no static vectors, and params.yaml asks for them"
        raise UserError(f"{paths.vectors}: {fault}; run: dvc repro charcnn")
    path, vocabulary = paths.vectors / source["file"], Vocabulary.load(paths.vocabulary)
    key = {"stage": "charcnn", "charcnn": settings.model_dump(), "seed": seed}
    key["code"] = stage_code("charcnn", read_sources())
    with job.checkpoint(key, paths.vectors) as checkpoint:
        vectors = read_vectors(path, source["format"], settings.spelling.words)
        counts = _count_known(path, vectors, vocabulary)
        reading = OURS.model_copy(update={"lowercase": vectors.lowercase})
        chars, values, epochs, seconds = char_ids(vectors.words, reading), vectors.values, list[Epoch](), 0.0
        standardise(values)
        encoder: CharEncoder
        if settings.encoder == VECTORS:
            sizes = {"words": len(chars), "projection": values.shape[1], "reading": reading}
            encoder = WordVectors(WordShape(encoder="vectors", **sizes))
            encoder.fill(chars, values)
        else:
            torch.manual_seed(seed)
            shape = settings.shape(values.shape[1], reading)
            encoder = make_encoder(shape)
            speller = Speller(encoder, chars, values, settings.spelling, seed, job.device, checkpoint)
            epochs, seconds = speller.run(), speller.cpu_seconds
            if known := min(settings.spelling.known, len(chars)):
                encoder = KnownWords(KnownShape(encoder="known", words=known, others=shape), encoder)
                encoder.known.fill(chars[:known], values[:known])
        types = vocabulary_char_ids(vocabulary.types, reading)
        encoder.to(job.device).eval().standardise(types[_FREQUENT])
        with fresh_folder(paths.charcnn) as folder:
            encoder.save(folder)
            write_epochs(folder / "spelling.csv", epochs)
            write_json(folder / COUNTS, counts)
            write_table(folder / TABLE, encoder, types)
            write_cost(paths.encoder_cost, "encoder", seconds, stamp(job.device))


def _count_known(path: Path, vectors: StaticVectors, vocabulary: Vocabulary) -> dict[str, int]:
    """Count the types of the corpus that have published vectors; a `UserError` if there are none."""
    words, read = set(vectors.words), str.lower if vectors.lowercase else str
    known = [entry for entry in vocabulary.entries if read(entry.lemma) in words]
    if not known:
        fault = f"found none of the corpus's {len(vocabulary.entries):,} types among {len(words):,} words"
        example = f"such as {shown(vectors.words[0])}"
        raise UserError(f"{path}: {fault}, {example}; expected words as they are written; name another file of vectors")
    counts = {
        "words": len(words),
        "words_repeated": vectors.repeated,
        "types": len(vocabulary.entries),
        "types_known": len(known),
        "tokens": sum(entry.frequency for entry in vocabulary.entries),
        "tokens_known": sum(entry.frequency for entry in known),
    }
    say(
        "vectors: {words:,} words; they are {types_known:,} of the corpus's {types:,} types, "
        "and {tokens_known:,} of its {tokens:,} tokens".format(**counts)
    )
    return counts


def _train(paths: Paths, settings: CharCnnSettings, seed: int, job: Run) -> None:
    words = Vocabulary.load(paths.vocabulary)
    chars = vocabulary_char_ids(words.types)
    key = {"stage": "charcnn", "charcnn": settings.model_dump(), "seed": seed}
    key["code"] = training_code("charcnn", _TEACHER.cell)
    with job.checkpoint(key, paths.vocabulary) as checkpoint:
        torch.manual_seed(seed)
        charcnn = make_encoder(settings.shape())
        charcnn.standardise(chars[_FREQUENT])
        # As wide as its input, so that this can be added.
        teacher = LmSettings(hidden=settings.projection, softmax_from_vectors=False, training=settings.training)
        trainer = Trainer(
            model=BiLM(_TEACHER, teacher, settings.projection, words.size),
            inputs=CharInputs(charcnn, chars),
            train=IdSequences(paths.vocabulary, "train", len(words)),
            validation=IdSequences(paths.vocabulary, "validation", len(words)),
            predicted=words.size,
            settings=settings.training,
            seed=seed,
            device=job.device,
            label="charcnn",
            world=job.world,
            checkpoint=checkpoint,
        )
        history = trainer.run()
        charcnn.eval().standardise(chars[_FREQUENT])
        if job.world.leads:
            with fresh_folder(paths.charcnn) as folder:
                charcnn.save(folder)
                history.write_curve(folder / "curve.csv")
                write_table(folder / TABLE, charcnn, chars)
                seconds = history.cpu_seconds * job.world.size
                write_cost(paths.encoder_cost, "encoder", seconds, stamp(job.device))


def write_table(path: Path, charcnn: CharEncoder, chars: CharIds) -> None:
    """Compute the vectors of all types straight into a file: those of a large vocabulary need not fit into memory.

    float16 halves the table; it rounds by 0.0005 of a deviation, far less than what dropout does to a vector.
    """
    header = {"descr": "<f2", "fortran_order": False, "shape": (len(chars), charcnn.shape.projection)}
    starts = range(0, len(chars), TYPES_A_BATCH)
    # The file is not mapped: on a full disk a write is an error, but a store into a map kills the process.
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for first in track(starts, "char-CNN vectors", "batches", len(starts)):
            vectors = charcnn.vectors(chars[first : first + TYPES_A_BATCH])  # (types of the batch, projection)
            if not (largest := np.abs(vectors).max()) <= np.finfo(np.float16).max:
                raise UserError(f"char-CNN: found {largest:g} in a type's vector, expected at most 65504 (float16)")
            file.write(vectors.astype("<f2").tobytes())
