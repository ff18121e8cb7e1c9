"""All layers of the sentences of a file, as one .npz."""

import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from zipfile import ZipFile, ZipInfo, is_zipfile

import numpy as np
import numpy.typing as npt
import torch

from pipeline.errors import UserError
from pipeline.files.utf8 import not_utf8
from pipeline.lm.elmo.options import OPTIONS, WEIGHTS
from pipeline.lm.elmo.published import read_elmo
from pipeline.lm.embed import CONFIG, Embedder, Vectors
from pipeline.lm.training.batches import bucket
from pipeline.work.outputs import fresh_file
from pipeline.work.progress import track

POSITIONS = 4000
"""Positions of a batch, padding included."""
POOL = 512
"""Sentences that are sorted by length together and held until all are done."""
LISTED = 6
"""Names of files in a message."""
KINDS = {
    "an ELMoForManyLangs model": ["encoder.pkl", "token_embedder.pkl", "char.dic", "word.dic"],
    "a Hugging Face model": ["pytorch_model*.bin", "model*.safetensors", "tokenizer*.json", "tf_model.h5"],
    "a TensorFlow SavedModel": ["saved_model.pb*"],
    "a TensorFlow checkpoint": ["checkpoint", "*.ckpt*"],
    "fastText's or word2vec's vectors": ["*.bin", "*.vec"],
    "a PyTorch model": ["*.pt", "*.pth", "*.th"],
}
"""Models of other kinds that people may pass, and the files that identify each."""


def export(model: Path, source: Path, target: Path, device: torch.device) -> None:
    """Write `n_sentences` and, for each sentence i, `s{i}_layers`, float32 (layers + 1, tokens, width).

    `model` is a published ELMo's folder or a `models/lm`. A sentence without tokens keeps its number, with 0 tokens.
    The same input gives the same bytes. Raises a `UserError` of one line for a bad folder or file; `target` then stays
    as it was.
    """
    sentences = read_sentences(source)
    if target.exists() and not target.is_file():
        kind = "a folder" if target.is_dir() else "no regular file"
        raise UserError(f"{target}: is {kind}; expected the name of an .npz file to write")
    embedder = load(model, device)
    if target.is_file() and target.stat().st_size and not is_zipfile(target):
        raise UserError(f"{target}: is no .npz file and is kept as it is; give another path, or remove it")
    try:
        with fresh_file(target) as partial, ZipFile(partial, "w") as archive:
            for name, values in _arrays(embedder, sentences):
                # An entry that is named by a string alone carries the time of day.
                with archive.open(ZipInfo(f"{name}.npy"), "w", force_zip64=True) as file:
                    np.lib.format.write_array(file, values, allow_pickle=False)
    except (FileExistsError, NotADirectoryError, PermissionError) as error:
        raise UserError(f"{target}: cannot be written ({error.strerror}); give another path") from None


def load(folder: Path, device: torch.device) -> Embedder:
    """Load the model in a folder, of either kind; a `UserError` says what else the folder seems to be."""
    names = sorted(path.name for path in folder.glob("*"))
    if any(name.endswith(OPTIONS) for name in names):
        charcnn, stacks = read_elmo(folder)
        return Embedder(charcnn, stacks.to(device), device)
    if CONFIG in names and any(name.startswith("charcnn.") for name in names):
        return Embedder.load(folder, device)
    raise UserError(
        f"{folder}: {_describe(folder, names)}; expected the folder of a published ELMo, with {OPTIONS} and {WEIGHTS} "
        "in it, or models/lm"
    )


def _describe(path: Path, names: list[str]) -> str:
    """Say what the path holds instead of a model, as far as names tell."""
    if not path.exists():
        return "no such folder"
    if path.is_file():
        names = [path.name]
        if is_zipfile(path):
            return "is a zip archive; unpack it and give the folder"
    for kind, patterns in KINDS.items():
        if any(fnmatch(name, pattern) for name in names for pattern in patterns):
            return f"looks like {kind}, which is not read"
    if path.is_file():
        return "is a file and no folder"
    listed = ", ".join(names[:LISTED]) + (", ..." if len(names) > LISTED else "") or "nothing"
    return f"found {listed} in it and no {OPTIONS}"


def read_sentences(path: Path) -> list[list[str]]:
    """Read the tokens of every line, separated by spaces only; a `UserError` names a line that is not such text."""
    try:
        data = path.read_bytes()
        text = data.decode("utf-8").removeprefix("\ufeff")
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); expected a file of sentences") from None
    except UnicodeDecodeError as error:
        number = data[: error.start].count(b"\n") + 1
        raise UserError(f"{path}: line {number}: {not_utf8(error)}; convert the file to UTF-8") from None
    if not text:
        raise UserError(f"{path}: empty; expected a sentence a line, tokens separated by spaces")
    lines = [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]
    for number, line in enumerate(lines, start=1):
        if fault := re.search(r"[\0-\x1f]", line):
            raise UserError(f"{path}: line {number}: found {fault[0]!r}; expected tokens separated by spaces")
    return [[token for token in line.split(" ") if token] for line in lines]


def _arrays(embedder: Embedder, sentences: list[list[str]]) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """Yield names and arrays in the order of the file; sentences of similar length are embedded together."""
    yield "n_sentences", np.array(len(sentences))
    lengths = np.array([len(sentence) + 1 for sentence in sentences])  # a boundary before each
    pools = [range(start, min(start + POOL, len(sentences))) for start in range(0, len(sentences), POOL)]
    for pool in track(pools, "embed", "sentences", len(sentences), size=len):
        layers: dict[int, Vectors] = {}
        for batch in bucket(np.array(pool), lengths, POSITIONS):
            layers |= zip(batch.tolist(), embedder.layers([sentences[index] for index in batch]), strict=True)
        yield from ((f"s{index}_layers", layers[index]) for index in pool)
