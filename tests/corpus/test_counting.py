"""Lengths, growth and coverage, each against a slow and obvious count."""

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
from pipeline.report.corpus.article import draw_articles
from pipeline.report.corpus.measure import Lengths, count_lengths, measure_vocabulary
from tests.memory import traced_peak


@pytest.mark.parametrize("seed", range(5))
def test_lengths(seed: int) -> None:
    drawn = [int(length) for length in np.random.default_rng(seed).geometric(0.1, size=1 + 99 * seed)]
    lengths = Lengths(*np.unique(drawn, return_counts=True))
    assert lengths.number == len(drawn)
    assert lengths.mean == pytest.approx(np.mean(drawn))
    for share in (0.01, 0.05, 0.25, 0.5, 0.95, 0.99, 1.0):
        assert lengths.quantile(share) == np.quantile(drawn, share, method="inverted_cdf")


def test_lengths_of_the_corpus(built: Path) -> None:
    lengths = count_lengths(built / "sentences", built / "fragments")
    sentences, fragments = ([*read_documents(built / stage)] for stage in ("sentences", "fragments"))
    expected = (
        [sum(len(line.split()) for line in document.lines) for document in sentences],
        [len(line.split()) for document in sentences for line in document.lines],
        [len(line.split()) for document in fragments for line in document.lines],
    )
    assert [np.repeat(*of_unit).tolist() for of_unit in lengths.values()] == [*map(sorted, expected)]


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


@pytest.mark.parametrize(
    "read", [lambda folder: count_lengths(folder, folder), lambda folder: draw_articles(folder, 10, seed=1)]
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

    assert peak(1000) < peak(200) + 20_000  # bytes; the text grows by over a million
