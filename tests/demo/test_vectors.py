import gzip
import math
from collections import Counter
from pathlib import Path

import numpy as np

from demo import DemoSettings
from demo.articles import articles
from demo.records import lowered
from demo.vectors import WIDTH, WINDOW, WORDS, count_neighbours, information, reduce, write_vectors
from pipeline.lm.vectors.static import read_vectors


def test_the_file_has_the_most_frequent_lemmas_of_the_news(tmp_path: Path, settings: DemoSettings) -> None:
    write_vectors(tmp_path / "vectors.txt.gz", settings)
    words, values, repeated = read_vectors(tmp_path / "vectors.txt.gz", "word2vec")
    paragraphs = [paragraph for article in articles(settings) for paragraph in article.paragraphs]
    counts = Counter(token.lemma for paragraph in paragraphs for each in paragraph for token in lowered(each))
    assert len(words) == min(len(counts), WORDS) and not repeated and values.shape[1] == WIDTH
    assert [counts[word] for word in words] == sorted(counts.values(), reverse=True)[:WORDS]
    assert 0.5 < values.std() < 2
    lines = gzip.decompress((tmp_path / "vectors.txt.gz").read_bytes()).decode().splitlines()
    assert all(len(number.partition(".")[2]) == 3 for line in lines[1:] for number in line.split(" ")[1:])


def test_the_numbers_are_those_of_slow_loops() -> None:
    words = ["а", "б", "в", "г"]
    sentences = [list("абвгбаж"), list("вв"), list("а"), list("гжжжг")]
    pairs = Counter[tuple[str, str]]()
    for sentence in sentences:
        for i, left in enumerate(sentence):
            for j, right in enumerate(sentence):
                pairs[left, right] += 0 < abs(i - j) <= WINDOW
    counts = count_neighbours(sentences, words)
    assert counts.tolist() == [[pairs[left, right] for right in words] for left in words]
    sums, total = counts.sum(1), counts.sum()
    for i, row in enumerate(information(counts)):
        for j, value in enumerate(row):
            chance = counts[i, j] * total / (sums[i] * sums[j])
            assert math.isclose(value, max(0, math.log(chance)) if chance else 0, abs_tol=1e-12)


def test_reduced_vectors_keep_the_matrix() -> None:
    """All of it here, where there are fewer words than dimensions; and words that are alike stay alike."""
    matrix = np.random.default_rng(1).random((9, 9))
    matrix = matrix + matrix.T
    vectors = reduce(matrix)
    products = vectors @ vectors.T
    np.testing.assert_allclose(
        products @ products / (matrix @ matrix), (products @ products)[0, 0] / (matrix @ matrix)[0, 0]
    )
    assert all(column[np.abs(column).argmax()] > 0 for column in vectors.T)
