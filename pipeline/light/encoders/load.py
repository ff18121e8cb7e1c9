"""Reads the encoder of a language model's folder, of any kind (`pipeline.lm.encoders.load`)."""

from collections.abc import Callable
from pathlib import Path
from typing import cast

from pipeline.light.block import Block
from pipeline.light.encoders.charcnn import ACTIVATIONS, CharCnn, CnnSizes
from pipeline.light.encoders.chars import CharIds, Reading
from pipeline.light.encoders.known import KnownWords
from pipeline.light.encoders.ngrams import CharNgrams
from pipeline.light.encoders.words import WordVectors
from pipeline.light.form import NoLightForm, need_known
from pipeline.light.weights import Floats, Weights
from pipeline.lm.lemmas import Lemmas

CONFIG, WEIGHTS = "charcnn.json", "charcnn.safetensors"
LEMMAS = ("plain", "rusvectores")
MOST_CHARACTERS = 1000

Encoder = Callable[[CharIds], Floats]
"""Maps character ids (tokens, characters) to float32 (tokens, width)."""


def load_encoder(folder: Path) -> tuple[Encoder, Reading]:
    """Return the encoder, and how it reads a token; a `UserError` names a damaged file."""
    block, weights = Block.read(folder / CONFIG, "charcnn"), Weights(folder / WEIGHTS, "charcnn")
    known = block.text("encoder") == "known"
    reading = _read_reading((block.block("others") if known else block).block("reading"))
    encoder = _make_known(block, reading, weights) if known else _make(block, reading, weights, "")
    weights.finish()
    return encoder, reading


def _read_reading(block: Block) -> Reading:
    need_known(block, "characters", "marks", "lemmas", "lowercase")
    if (lemmas := block.text("lemmas")) not in LEMMAS:
        raise NoLightForm(f"lemmas {lemmas!r} have no light form")
    characters = block.whole("characters", 3, MOST_CHARACTERS)
    return Reading(characters, block.switch("marks"), cast(Lemmas, lemmas), block.switch("lowercase"))


def _make_known(block: Block, reading: Reading, weights: Weights) -> Encoder:
    need_known(block, "encoder", "words", "others")
    others = block.block("others")
    words, width = block.whole("words", 1), others.whole("projection", 1)
    known = WordVectors(weights, "known.", words, reading.characters, width)
    return KnownWords(known, _make(others, reading, weights, "others."))


def _make(block: Block, reading: Reading, weights: Weights, prefix: str) -> Encoder:
    """Make an encoder whose tensors' names begin with the prefix."""
    kind, width = block.text("encoder"), block.whole("projection", 1)
    if kind == "ngrams":
        need_known(block, "encoder", "ngrams", "projection", "reading")
        ngrams = block.block("ngrams")
        need_known(ngrams, "lengths", "buckets", "width")
        lengths = ngrams.items("lengths")
        sizes = [lengths.whole(key, 1) for key in lengths.keys]
        if not sizes:
            raise ngrams.fault("lengths", "a length at least")
        return CharNgrams(weights, prefix, sizes, ngrams.whole("buckets", 1), ngrams.whole("width", 1), width)
    if kind == "vectors":
        need_known(block, "encoder", "words", "projection", "reading")
        return WordVectors(weights, prefix, block.whole("words", 1), reading.characters, width)
    if kind == "cnn":
        return CharCnn(weights, prefix, _read_cnn(block, reading))
    raise NoLightForm(f"encoder {kind!r} has no light form")


def _read_cnn(block: Block, reading: Reading) -> CnnSizes:
    need_known(block, "encoder", "embedding", "filters", "highway", "activation", "projection", "projects", "reading")
    filters, pairs = block.items("filters"), list[tuple[int, int]]()
    for key in filters.keys:
        pair = filters.items(key)
        pairs.append((pair.whole("0", 1, reading.characters), pair.whole("1", 1)))
    if not pairs:
        raise block.fault("filters", "a filter at least")
    if (activation := block.text("activation")) not in ACTIVATIONS:
        raise NoLightForm(f"activation {activation!r} has no light form")
    projects, number = block.switch("projects"), sum(number for _, number in pairs)
    return CnnSizes(
        embedding=block.whole("embedding", 1),
        filters=pairs,
        highway=block.whole("highway"),
        activation=activation,
        projection=block.whole("projection", *(() if projects else (number, number))),
        projects=projects,
    )
