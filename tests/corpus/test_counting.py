"""Lengths, growth, coverage and the draw, each against a slow and obvious count."""

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipeline.files.ids import IdSequences
from pipeline.files.json import read_json
from pipeline.files.shards import Document, read_documents, write_shards
from pipeline.files.vocabulary import SPECIALS, Vocabulary
from pipeline.report.corpus.growth import measure_vocabulary
from pipeline.report.corpus.lengths import Lengths, count_lengths
from pipeline.report.corpus.sample import _hash, draw_fragments
from tests.memory import traced_peak


@pytest.mark.parametrize("seed", range(5))
def test_lengths(seed: int) -> None:
    drawn = [int(length) for length in np.random.default_rng(seed).geometric(0.1, size=1 + 99 * seed)]
    lengths = Lengths(drawn)
    assert (lengths.number, lengths.longest) == (len(drawn), max(drawn))
    assert lengths.mean == pytest.approx(np.mean(drawn))
    for share in (0.01, 0.05, 0.25, 0.5, 0.95, 0.99, 1.0):
        assert lengths.quantile(share) == np.quantile(drawn, share, method="inverted_cdf")
    assert np.repeat(*lengths.histogram).tolist() == sorted(drawn)


def test_lengths_of_the_corpus(built: Path) -> None:
    found = count_lengths(built / "sentences", built / "fragments")
    sentences, fragments = ([*read_documents(built / stage)] for stage in ("sentences", "fragments"))
    expected = (
        [sum(len(line.split()) for line in document.lines) for document in sentences],
        [len(line.split()) for document in sentences for line in document.lines],
        [len(line.split()) for document in fragments for line in document.lines],
    )
    assert [np.repeat(*lengths.histogram).tolist() for lengths in found] == [*map(sorted, expected)]


def test_growth_and_usage(built: Path) -> None:
    growth, usage = measure_vocabulary(built / "vocabulary")
    train, validation = (
        [int(i) for number in range(len(ids)) for i in ids[number]]
        for ids in (IdSequences(built / "vocabulary", side, 2**31) for side in ("train", "validation"))
    )
    assert growth.tokens[0] == 0 and growth.tokens[-1] == len(train)
    for tokens, types, repeated in zip(*growth, strict=True):
        seen = Counter(train[:tokens])
        assert (types, repeated) == (len(seen), sum(number > 1 for number in seen.values()))
    vocabulary = Vocabulary.load(built / "vocabulary")
    assert usage.train.tolist() == [entry.frequency for entry in vocabulary.entries]
    counts = Counter(validation)
    assert usage.validation.tolist() == [counts[len(SPECIALS) + i] for i in range(len(vocabulary.entries))]
    stated = read_json(built / "vocabulary" / "counts.json")
    assert usage.predicted == stated["types_predicted"]
    for side, key in (("train", "coverage"), ("validation", "coverage_validation")):
        assert usage.coverage(side)[usage.predicted - 1] == pytest.approx(stated[key], abs=1e-6)


def test_draw(built: Path) -> None:
    everything = draw_fragments(built / "fragments", 10**6, seed=1)
    documents = [*read_documents(built / "fragments")]
    assert [(d.article, d.number) for d in everything] == [(d.id, n) for d in documents for n in range(len(d.lines))]
    drawn = draw_fragments(built / "fragments", 10, seed=1)
    least = sorted(everything, key=lambda place: _hash(place, 1))[:10]
    assert drawn == sorted(least, key=everything.index)
    assert drawn != draw_fragments(built / "fragments", 10, seed=2)


def test_every_fragment_has_the_same_chance(tmp_path: Path) -> None:
    write_shards([Document(str(n), "", ["а"] * (1 + n % 3)) for n in range(20)], tmp_path, 1)
    draws = Counter(place for seed in range(500) for place in draw_fragments(tmp_path, 4, seed))
    expected = 500 * 4 / len(draws)
    assert len(draws) == 39 and sum((n - expected) ** 2 / expected for n in draws.values()) < 62  # chi-squared, 1 %


@pytest.mark.parametrize(
    "read",
    [
        lambda folder: count_lengths(folder, folder),
        lambda folder: draw_fragments(folder, 10, seed=1),
    ],
    ids=["lengths", "draw"],
)
def test_memory_does_not_grow_with_the_corpus(read: Callable[[Path], object], tmp_path: Path) -> None:
    def peak(documents: int) -> int:
        folder = tmp_path / str(documents)
        folder.mkdir()
        words = random.Random(1)
        lines = (["слово " * words.randrange(1, 50) + "." for _ in range(5)] for _ in range(documents))
        write_shards((Document(str(n), "", text) for n, text in enumerate(lines)), folder, 0.1)
        read(folder)  # what is allocated once is there
        return traced_peak(lambda: read(folder))

    assert peak(2000) < peak(200) + 20_000  # bytes; the text grows by three million
