"""Vectors of the words of the news, in word2vec's text format: what static vectors are, and too little text for more.

Words that have the same neighbours have similar vectors: positive pointwise mutual information of the lemmas within a
window, and its truncated singular value decomposition (Levy and Goldberg 2014).
"""

import gzip
from collections import Counter
from pathlib import Path

import numpy as np
import numpy.typing as npt

from demo.articles import articles
from demo.records import lowered
from demo.settings import DemoSettings

WORDS, WIDTH = 1000, 32
"""The most frequent lemmas and the length of a vector; rarer ones are left to spelling."""
WINDOW = 3
"""Words on each side that are neighbours, within a sentence."""


def write_vectors(path: Path, settings: DemoSettings) -> None:
    """Write a header, then a word a line with its numbers, the most frequent word first; gzip without a time."""
    sentences = [
        [token.lemma for token in lowered(sentence)]
        for article in articles(settings)
        for paragraph in article.paragraphs
        for sentence in paragraph
    ]
    counts = Counter(lemma for sentence in sentences for lemma in sentence)
    words = sorted(counts, key=lambda word: (-counts[word], word))[:WORDS]
    vectors = reduce(information(count_neighbours(sentences, words)))
    rows = (f"{word} {' '.join(f'{value:.3f}' for value in row)}\n" for word, row in zip(words, vectors, strict=True))
    text = f"{len(words)} {vectors.shape[1]}\n" + "".join(rows)
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def count_neighbours(sentences: list[list[str]], words: list[str]) -> npt.NDArray[np.float64]:
    """Count how often two words stand within the window, (words, words)."""
    row = {word: number for number, word in enumerate(words)}
    counts = np.zeros((len(words), len(words)))
    for sentence in sentences:
        rows = [row.get(word) for word in sentence]
        for distance in range(1, WINDOW + 1):
            for left, right in zip(rows, rows[distance:], strict=False):
                if left is not None and right is not None:
                    counts[left, right] += 1
                    counts[right, left] += 1
    return counts


def information(counts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Positive pointwise mutual information of the counts, (words, words)."""
    sums = counts.sum(0)  # (words,)
    expected = np.outer(sums, sums) / max(sums.sum(), 1)
    ratio = np.divide(counts, expected, out=np.ones_like(counts), where=counts > 0)
    return np.log(ratio).clip(0)


def reduce(matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The matrix (words, words) in at most `WIDTH` dimensions, (words, width), each with its largest number positive.

    Another library of linear algebra may turn a dimension around, and rounds the last digits otherwise.
    """
    left, sizes, _ = np.linalg.svd(matrix)
    vectors = left[:, :WIDTH] * np.sqrt(sizes[:WIDTH])
    largest = np.abs(vectors).argmax(0)
    return vectors * np.sign(vectors[largest, np.arange(vectors.shape[1])]) / vectors.std()
