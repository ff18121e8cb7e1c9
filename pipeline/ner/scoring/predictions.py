"""Predicted labels of a test split as `evaluate` keeps them: data/predictions/<set>/seed-<n>.txt, one file a tagger.

    O B-PER I-PER
    B-LOC O

A sentence a line, in the order of data/ner/<set>/test.tsv; a label a token, separated by single spaces. Counts are
not kept: counted from the labels they are always those of the code that compares them.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pipeline.errors import UserError, remake, shown
from pipeline.ner.tagging.batches import Indices
from pipeline.work.outputs import write_text

PREFIX, SUFFIX = "seed-", ".txt"


def prediction_path(folder: Path, seed: str) -> Path:
    """The file of the tagger with this seed."""
    return folder / f"{PREFIX}{seed}{SUFFIX}"


def parse_seed(name: str) -> str:
    """The seed in the name of a file of predictions."""
    seed = name.removeprefix(PREFIX).removesuffix(SUFFIX)
    if not seed.isdecimal():
        raise UserError(f"{name}: is no file of predictions, expected seed-1.txt and so on; {remake('evaluate')}")
    return seed


def write_predictions(path: Path, tags: Indices, lengths: Indices, labels: list[str]) -> None:
    """Write label numbers (tokens,) of sentences one after the other, lengths (sentences,)."""
    write_text(path, "".join(_lines(tags, lengths, labels)))


def parse_predictions(data: bytes, place: str, lengths: Indices, labels: list[str]) -> Indices:
    """What `write_predictions` wrote for the same sentences and labels; `place` names the file in messages."""
    lines = data.decode("utf-8", "replace").removesuffix("\n").split("\n")  # U+FFFD is in no label
    advice = remake("evaluate")
    if len(lines) != len(lengths):
        what = f"found {len(lines)} sentences, expected {len(lengths)} as in the test split"
        raise UserError(f"{place}: {what}; {advice}")
    numbers = {label: number for number, label in enumerate(labels)}
    found = np.fromiter((line.count(" ") + 1 for line in lines), dtype=np.int64, count=len(lines))
    if not np.array_equal(found, lengths):
        wrong = int(np.argmax(found != lengths))
        what = f"found {found[wrong]} labels, expected {lengths[wrong]}, one a token"
        raise UserError(f"{place}:{wrong + 1}: {what}; {advice}")
    try:
        return np.array([numbers[label] for line in lines for label in line.split(" ")], dtype=np.int64)
    except KeyError as error:
        what = f"found label {shown(error)}, expected one of {' '.join(labels)}"
        raise UserError(f"{place}: {what}; {advice}") from None


def _lines(tags: Indices, lengths: Indices, labels: list[str]) -> Iterator[str]:
    names, stop = [labels[tag] for tag in tags.tolist()], 0
    for length in lengths.tolist():
        yield " ".join(names[stop : stop + length]) + "\n"
        stop += length
