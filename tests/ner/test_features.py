import errno
import os
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import UserError
from pipeline.ner.tagging.features import build_features
from pipeline.ner.tagging.surface import read_letters

SENTENCES = [["раз"], ["два", "три", "четыре"], ["пять", "шесть"]]
LETTERS = read_letters(word for sentence in SENTENCES for word in sentence)
EXPECTED = np.array([[3, 1.088, 0], [3, 1.076, 0], [3, 1.090, 1], [6, 1.095, 2], [4, 1.087, 0], [5, 1.096, 1]])


def embed(sentences: list[list[str]]) -> list[np.ndarray]:
    return [
        np.array([[len(word), ord(word[0]) / 1000, position] for position, word in enumerate(words)], np.float32)
        for words in sentences
    ]


def refuse(sentences: list[list[str]]) -> list[np.ndarray]:
    raise AssertionError("embedded again")


def test_each_sentence_has_its_vectors_and_rows_gather_them_in_any_order(tmp_path: Path) -> None:
    features = build_features(tmp_path, "key", SENTENCES, embed, LETTERS)
    assert (features.lengths.tolist(), features.width, features.values.dtype) == ([1, 3, 2], 3, np.dtype(np.float16))
    assert np.array_equal(features.values, EXPECTED.astype(np.float16))
    assert features.rows(np.array([2, 0, 2, 1])).tolist() == [4, 5, 0, 4, 5, 1, 2, 3]


def test_a_second_time_nothing_is_computed_and_a_failure_leaves_nothing(tmp_path: Path) -> None:
    first = build_features(tmp_path, "key", SENTENCES, embed, LETTERS)
    again = build_features(tmp_path, "key", SENTENCES, refuse, LETTERS)
    assert np.array_equal(first.values, again.values)
    assert not again.values.flags.writeable
    with pytest.raises(AssertionError, match="embedded again"):
        build_features(tmp_path, "another key", SENTENCES, refuse, LETTERS)
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


@pytest.mark.parametrize("fails", [False, True])
def test_two_builders_of_one_key_do_not_disturb_each_other(tmp_path: Path, fails: bool) -> None:
    def interrupted(sentences: list[list[str]]) -> list[np.ndarray]:
        build_features(tmp_path, "key", SENTENCES, embed, LETTERS)
        return refuse(sentences) if fails else embed(sentences)

    with pytest.raises(AssertionError) if fails else nullcontext():
        build_features(tmp_path, "key", SENTENCES, interrupted, LETTERS)
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
    values = build_features(tmp_path, "key", SENTENCES, refuse, LETTERS).values
    assert np.array_equal(values, EXPECTED.astype(np.float16))


def test_a_full_disk_is_explained_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int, offset: int, length: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(UserError, match=r"key: 36 bytes of features do not fit .* free some space, or delete"):
        build_features(tmp_path, "key", SENTENCES, embed, LETTERS)
    assert not list(tmp_path.iterdir())


def test_values_beyond_float16_are_an_error(tmp_path: Path) -> None:
    def enlarged(sentences: list[list[str]]) -> list[np.ndarray]:
        return [rows * np.float32(1e6) for rows in embed(sentences)]

    with pytest.raises(UserError, match=r"sentence 1: found 6e[+]06 as the largest value, expected at most 65504"):
        build_features(tmp_path, "key", SENTENCES, enlarged, LETTERS)
